"""Prints the microseconds of processor time that the start page takes without monitoring, and those that monitoring adds to any request.

What is added is measured by itself, around an answer that is there already: some microseconds vanish in the noise of a page of milliseconds. Run by
bench.monitoring, which sets the environment.
"""

import time
from collections.abc import Callable

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory, override_settings
from django.urls import resolve
from django.utils.module_loading import import_string

MONITORING = (
    "infacta.under_way.request_ids",
    "operations.views.early.answer_our_own_machines",
    "operations.metrics.counting.count_requests",
)
ROUNDS = 20


def best(work: Callable[[], object], times: int) -> float:
    """Seconds of processor time of one, in the best of many rounds."""
    found = []
    for _round in range(ROUNDS):
        began = time.process_time()
        for _time in range(times):
            work()
        found.append((time.process_time() - began) / times)
    return min(found)


def page() -> float:
    with override_settings(MIDDLEWARE=[name for name in settings.MIDDLEWARE if name not in MONITORING]):
        site = WSGIHandler()

    def ask() -> None:
        answer = site(RequestFactory(headers={"host": "localhost"}).get("/").environ, lambda status, headers: None)
        assert answer.status_code == 200
        answer.close()

    return best(ask, 20)


def added(answer: HttpResponseBase) -> float:
    request = RequestFactory().get("/")
    request.resolver_match = resolve("/")

    def there(request: HttpRequest) -> HttpResponseBase:
        return answer

    whole = there
    for name in reversed(MONITORING):
        whole = import_string(name)(whole)
    return best(lambda: whole(request), 5000) - best(lambda: there(request), 5000)


if __name__ == "__main__":
    django.setup()
    print(page() * 1e6, added(HttpResponse("")) * 1e6)
