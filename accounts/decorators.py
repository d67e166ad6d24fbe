"""Rules about who may call a view."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.requests import AccountsRequest

open_to_strangers = login_not_required
"""Marks a view of the customer resources area that needs no log-in: every other view there does (promise C3)."""


def freshly_confirmed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For views of the customer resources area that change what guards an account: the person proved within the last ten
    minutes who they are, or is asked to do so first (ASVS 7.5.1).

    Afterwards they come back to the view's own address by GET, so it must have a page. What a form sent with an old
    confirmation is not kept, and a message says so.
    """

    @wraps(view)
    def guarded(request: AccountsRequest, *args: Any, **values: Any) -> HttpResponseBase:
        session = request.login_session
        if session and session.is_freshly_confirmed:
            return view(request, *args, **values)
        if request.method not in ("GET", "HEAD"):
            messages.warning(
                request, _("Too much time has passed, so nothing was changed. Please confirm who you are, and do it once more.")
            )
        return redirect(f"{resolve_url('accounts:confirm')}?{urlencode({'next': request.get_full_path()})}")

    return guarded


__all__ = ["freshly_confirmed", "open_to_strangers"]
