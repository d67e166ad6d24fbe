"""The cookies of the site, and how long things are kept: two tables that visitors read, made from the registry alone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from privacy.policies import keepings
from privacy.registry import registry


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/cookies.html", {"cookies": registry.cookies})


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/retention.html", {"keepings": keepings(registry)})
