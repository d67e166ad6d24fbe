"""Leaving the announcement group, and choosing topics, by the token of a mail."""

from django.http import Http404, HttpRequest, HttpResponse


def leave(request: HttpRequest, token: str) -> HttpResponse:
    raise Http404


def preferences(request: HttpRequest, token: str) -> HttpResponse:
    raise Http404
