"""Leaving, and choosing topics, by the token of a mail (RFC 8058; promises G3, C11).

Whoever has the token may do this: no log-in, no cookie, no session, and no limit by network, for mail providers send these forms in bursts.
Tokens never lapse, and live on where the address is erased.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.addresses import masked
from accounts.limits import TooManyTries
from accounts.models import Suppression
from accounts.views.refusals import try_later
from announcements.forms.joining import PREFERENCES, JoinForm
from announcements.forms.topics import TopicsForm
from announcements.group.leaving import leave as leave_for_good
from announcements.models import Mailbox
from infacta.private_pages import private


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button and changes nothing, for programs open links too. POST removes at once, whatever it carries: its body is not even read."""
    mailbox = mailbox_of(token)
    if request.method == "POST":
        leave_for_good(mailbox, request)
    return show(request, "announcements/leave.html", mailbox)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Which topics; and the ways out, and back."""
    mailbox = mailbox_of(token)
    form = TopicsForm(request.POST if request.method == "POST" else None, instance=mailbox)
    is_saved = form.is_valid()
    if is_saved:
        form.choose(request)
    return show(request, "announcements/preferences.html", mailbox, form=form, is_saved=is_saved)


@csrf_exempt
@require_POST
@private
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever left wants announcements again: as for anybody who joins, a mail asks first, for links are passed on."""
    mailbox = mailbox_of(token)
    joining = JoinForm({"email": mailbox.email, "source": PREFERENCES, "wording": request.POST.get("wording", "")})
    if not joining.is_valid():
        return show(request, "announcements/preferences.html", mailbox, joining=joining)
    try:
        joining.join(request)
    except TooManyTries as refusal:
        return try_later(show(request, "announcements/preferences.html", mailbox, is_too_often=True), refusal)
    return show(request, "announcements/asked.html", mailbox)


def mailbox_of(token: str) -> Mailbox:
    """The mailbox that the token belongs to; Http404 if there is none. Mail programs may have changed the case."""
    if not (token.isascii() and token.isalnum()):
        raise Http404
    return get_object_or_404(Mailbox, token=token.lower())


def show(request: HttpRequest, template: str, mailbox: Mailbox, **context: Any) -> HttpResponse:
    """The page, with the address as its owner recognises it, and whether anything goes there."""
    known = {
        "mailbox": mailbox,
        "address": masked(mailbox.email) if mailbox.email else "",
        "is_out": Suppression.objects.filter(digest=mailbox.digest).exists(),
        "joining": JoinForm(),
    }
    return render(request, template, known | context)
