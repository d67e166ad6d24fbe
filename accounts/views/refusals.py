"""Answers to those who try too often."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest


def refuses_too_many_tries(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views whose forms count tries: whoever tries too often sees the page that says so, and nothing of the view."""

    @wraps(view)
    def guarded(request: AccountsRequest, *args: Any, **values: Any) -> HttpResponse:
        try:
            return view(request, *args, **values)
        except TooManyTries as refusal:
            return too_many_tries(request, refusal)

    return guarded


def too_many_tries(request: AccountsRequest, refusal: TooManyTries) -> HttpResponse:
    """A page that says so: 429, with the time after which one more try is free (RFC 6585, 4)."""
    page = render(request, "accounts/too_many_tries.html", {"minutes": max(1, refusal.seconds // 60)})
    return try_later(page, refusal)


def cannot_keep(page: HttpResponse) -> HttpResponse:
    """The page as the answer that what was sent cannot be kept at the moment, such as on a full disk: for forms that come back with what was typed."""
    page.status_code = 503
    page["Retry-After"] = "3600"
    return page


def try_later(page: HttpResponse, refusal: TooManyTries) -> HttpResponse:
    """The page as such an answer: for forms that come back with what was typed."""
    page.status_code = 429
    page["Retry-After"] = str(refusal.seconds)
    return page
