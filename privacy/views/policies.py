"""The published policies, rendered from the registry that the code enforces (promises G1, G6, G10)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from infacta.kept_pages import same_for_everybody
from privacy.areas import GENERAL, PROMOTIONS, RESOURCES, Area
from privacy.versions.publishing import published
from privacy.wording import page_of, version_of


@require_safe
@same_for_everybody
def general(request: HttpRequest) -> HttpResponse:
    return policy(request, GENERAL)


@require_safe
@same_for_everybody
def resources(request: HttpRequest) -> HttpResponse:
    return policy(request, RESOURCES)


@require_safe
@same_for_everybody
def promotions(request: HttpRequest) -> HttpResponse:
    return policy(request, PROMOTIONS)


def policy(request: HttpRequest, area: Area) -> HttpResponse:
    version = version_of(area)
    context = {"area_shown": area, "text": page_of(area), "version": version, "published": published(area, version)}
    return render(request, "privacy/policy.html", context)
