"""Answers load balancers and Prometheus of our own networks before the host's name and HTTPS are looked at: they ask by a bare address."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase

from infacta.network import belongs, client_ip
from operations.views import health, metrics

VIEWS = {"/healthz": health.live, "/readyz": health.ready, "/metrics": metrics.figures}


def answer_our_own_machines(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Whoever asks through a proxy of ours is a stranger like any other, unless METRICS_NETWORKS names their own address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        view = VIEWS.get(request.path_info)
        if view and belongs(client_ip(request) or "", [*settings.TRUSTED_PROXIES, *settings.METRICS_NETWORKS]):
            try:
                return view(request)
            except Http404:
                pass
        return get_response(request)

    return middleware
