"""The published policies, rendered from the registry that the code enforces (promises G1, G6, G10)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from privacy.areas import AREAS, GENERAL, PROMOTIONS, RESOURCES, Area
from privacy.policies import keepings, policy_of
from privacy.registry import registry
from privacy.wording import version_of

PUBLISHED = (GENERAL, RESOURCES, PROMOTIONS)


@require_safe
def general(request: HttpRequest) -> HttpResponse:
    return policy(request, GENERAL)


@require_safe
def resources(request: HttpRequest) -> HttpResponse:
    return policy(request, RESOURCES)


@require_safe
def promotions(request: HttpRequest) -> HttpResponse:
    return policy(request, PROMOTIONS)


def policy(request: HttpRequest, area: Area) -> HttpResponse:
    others = [other for other in PUBLISHED if other is not area]
    context = {"policy": policy_of(area, registry), "others": others, "version": version_of(area)}
    return render(request, f"privacy/{area.slug}.html", context)


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/cookies.html", {"cookies": registry.cookies, "areas": AREAS})


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/retention.html", {"keepings": keepings(registry)})
