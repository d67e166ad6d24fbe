"""What the registry costs while pages are served: the cookie gate, the ribbon at the foot and the headers of areas, against the same page without them.

Both stand in one process, and the same requests go through them in turn: what else the machine does falls on both. What is counted is the processor's
time of this process alone, so that waiting for the database makes no page look dearer than it is, and the share of the registry no smaller.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory, override_settings

from bench.cast import make_product
from bench.figures import Figure
from privacy.ribbon import MARKER

OURS = ("privacy.ribbon.privacy_ribbon", "privacy.middleware.area_headers", "privacy.middleware.cookie_gate")
PAGES = {"home page": "/", "policy page": "/privacy/resources/", "log-in page": "/resources/log-in/"}
ROUNDS, REQUESTS = 41, 30
MOST = 2.0  # per cent of a page


def share_of_the_registry() -> Iterator[Figure]:
    """Of each page, how many per cent of its time go to those three; the median of many rounds."""
    for number in range(6):
        make_product(f"REGISTRY-{number}")
    whole = WSGIHandler()
    with override_settings(MIDDLEWARE=[name for name in settings.MIDDLEWARE if name not in OURS]):
        bare = WSGIHandler()
    for name, path in PAGES.items():
        ask = asking(path)
        prove(ask, whole, bare)
        for handler in (whole, bare):
            seconds_for(ask, handler)  # templates are read, and what is kept ready is made
        costs, pages = zip(*(round_of(ask, whole, bare, number) for number in range(ROUNDS)), strict=True)
        share = 100 * statistics.median(costs) / statistics.median(pages)
        yield Figure(f"{name}, the processor's time of a page", 1e6 * statistics.median(pages) / REQUESTS, "µs")
        yield Figure(f"{name}, of it for cookie gate, ribbon and area headers", 1e6 * statistics.median(costs) / REQUESTS, "µs")
        yield Figure(f"{name}, share of cookie gate, ribbon and area headers", share, "%", goal=MOST, at_most=True)


def asking(path: str) -> Callable[[WSGIHandler], object]:
    """The request of a browser that has been here before, sent to a handler."""
    client, factory = Client(), RequestFactory(SERVER_NAME="localhost")
    client.get(path, follow=True)
    factory.cookies = client.cookies
    return lambda handler: handler.get_response(factory.get(path))


def prove(ask: Callable[[WSGIHandler], object], whole: WSGIHandler, bare: WSGIHandler) -> None:
    """With them the page has its foot, and without them it has the mark for it: it is the same page otherwise, or nothing was measured."""
    with_foot, without = (ask(handler) for handler in (whole, bare))
    assert with_foot.status_code == without.status_code == 200  # type: ignore[attr-defined]
    assert MARKER not in with_foot.content  # type: ignore[attr-defined]
    assert MARKER in without.content  # type: ignore[attr-defined]


def round_of(ask: Callable[[WSGIHandler], object], whole: WSGIHandler, bare: WSGIHandler, number: int) -> tuple[float, float]:
    """What the three cost in this round, and what the page costs; whichever was asked first last time is asked second now."""
    order = (whole, bare) if number % 2 else (bare, whole)
    took = {handler: seconds_for(ask, handler) for handler in order}
    return took[whole] - took[bare], took[whole]


def seconds_for(ask: Callable[[WSGIHandler], object], handler: WSGIHandler) -> float:
    gc.collect()
    gc.disable()
    try:
        begun = time.process_time()
        for _request in range(REQUESTS):
            ask(handler)
        return time.process_time() - begun
    finally:
        gc.enable()


MEASURES = (share_of_the_registry,)
