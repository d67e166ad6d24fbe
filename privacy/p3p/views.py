"""The files of P3P, and the pages that tell a person what machines are told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from privacy.areas import AREAS
from privacy.p3p.choices import choices_in
from privacy.p3p.compact import explained, header_of
from privacy.p3p.documents import LIFE, policies_file, reference_file
from privacy.registry import registry

XML = "application/xml; charset=utf-8"
files_last = cache_control(public=True, max_age=LIFE)  # as long as the files themselves say


@require_safe
@files_last
def references(request: HttpRequest) -> HttpResponse:
    return HttpResponse(reference_file(registry), XML)


@require_safe
@files_last
def policies(request: HttpRequest) -> HttpResponse:
    return HttpResponse(policies_file(registry), XML)


@require_safe
def machine_readable(request: HttpRequest) -> HttpResponse:
    compact = [{"area": area, "header": header_of(area), "tokens": explained(area)} for area in AREAS]
    return render(request, "privacy/machine_readable.html", {"compact": compact})


@require_safe
def choices(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/choices.html", choices_in(registry))
