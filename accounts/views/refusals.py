"""Answers to those who try too often."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest


def too_many_tries(request: AccountsRequest, refusal: TooManyTries) -> HttpResponse:
    """429, with the time after which one more try is free (RFC 6585, 4)."""
    response = render(request, "accounts/too_many_tries.html", {"minutes": max(1, refusal.seconds // 60)}, status=429)
    response["Retry-After"] = str(refusal.seconds)
    return response
