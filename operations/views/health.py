"""What load balancers and monitors ask: does this process live, and is the site ready?"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from infacta.network import belongs, client_ip
from operations.health.looking import parts

OK, NOT_READY = "ok", "not ready"


def is_of_staff_networks(request: HttpRequest) -> bool:
    """Whether the client is in METRICS_NETWORKS; nobody is while it is empty."""
    return belongs(client_ip(request) or "", settings.METRICS_NETWORKS)


def answer(values: dict[str, Any], status: int = 200) -> HttpResponse:
    return JsonResponse(values, status=status, headers={"Cache-Control": "no-store"})


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked."""
    return answer({"status": OK})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 if every part is ready, 503 if one is not. `?exclude=workers,beat` leaves out parts, for whoever asks about web hosts alone.

    Strangers learn the names of the parts; what is wrong with one is for METRICS_NETWORKS.
    """
    excluded = set(request.GET.get("exclude", "").split(","))
    found = [part for part in parts() if part.name not in excluded]
    is_ready = all(part.is_ready for part in found)
    said: dict[str, Any] = {
        "status": OK if is_ready else NOT_READY,
        "parts": {part.name: OK if part.is_ready else NOT_READY for part in found},
    }
    if is_of_staff_networks(request):
        said["details"] = {part.name: part.detail for part in found if part.detail}
    response = answer(said, 200 if is_ready else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # by looking.tell, once; Django would write an error at each look
    return response
