"""Figures for Prometheus, for staff networks alone."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from operations.metrics.exposing import exposed
from operations.views.health import is_of_staff_networks


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """All figures, in the text format of Prometheus; to others there is no such page."""
    if not is_of_staff_networks(request):
        raise Http404
    return HttpResponse(exposed(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
