"""What each process counts of its requests: by the name of the route and the class of the status, never by anything that a visitor chose."""

import time
from collections.abc import Callable

from django.db import Error
from django.http import HttpRequest, HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

NO_VIEW = "(none)"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

disable_created_metrics()
REGISTRY = CollectorRegistry()
REQUESTS = Counter("infacta_requests", "Requests answered, by route and class of the status.", ["view", "status"], registry=REGISTRY)
SECONDS = Histogram("infacta_request_seconds", "Seconds until the answer began, by route.", ["view"], buckets=BUCKETS, registry=REGISTRY)
DATABASE_ERRORS = Counter("infacta_database_errors", "Requests that an error of the database ended.", registry=REGISTRY)


def count_requests(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else NO_VIEW
        REQUESTS.labels(view, f"{response.status_code // 100}xx").inc()
        SECONDS.labels(view).observe(time.perf_counter() - began)
        return response

    middleware.process_exception = count_database_error  # type: ignore[attr-defined]
    return middleware


def count_database_error(request: HttpRequest, exception: Exception) -> None:
    if isinstance(exception, Error):
        DATABASE_ERRORS.inc()
