"""Public pages without a cookie, beside a bare view behind Django's default middleware: the same server, the same workers, in turn."""

import statistics
import urllib.request
from collections.abc import Iterator

from bench import stage
from bench.figures import Figure
from website.demo_catalogue import load_products

PAGES = {"home": "/", "products": "/products/", "a product": "/products/notebook/", "a policy": "/privacy/", "support": "/support/"}
ROUNDS = 7
SITE, BARE = 8193, 8194


def public() -> Iterator[Figure]:
    """Requests a second of each page, as a ratio of the bare view's."""
    load_products()
    with stage.gunicorn("infacta.wsgi", SITE, PAGES_KEPT_SECONDS="5"), stage.gunicorn("bench.default", BARE):
        for name, path in PAGES.items():
            ratios, page, bare = [], 0.0, 0.0
            for address in (f"http://127.0.0.1:{BARE}/", f"http://127.0.0.1:{SITE}{path}"):
                urllib.request.urlopen(address, timeout=60).read()
            for _round in range(ROUNDS):
                bare = stage.requests_per_second(f"http://127.0.0.1:{BARE}/")
                page = stage.requests_per_second(f"http://127.0.0.1:{SITE}{path}")
                ratios.append(page / bare)
            yield Figure(f"{name}, requests a second", page)
            yield Figure(f"bare view behind Django's default middleware, requests a second (beside {name})", bare)
            yield Figure(f"{name} / bare view behind Django's default middleware", statistics.median(ratios), goal=0.5)


MEASURES = (public,)
