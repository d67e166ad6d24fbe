"""The update feeds of a product with 500 releases: one call of the WSGI application in this process, all middleware included, no socket."""

import http.client
import io
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from bench import stage
from bench.cast import make_product
from bench.figures import Figure
from downloads.feeds.keeping import kept
from downloads.models import Product, Release, ReleaseFile
from downloads.views.feeds import SAME_SECOND

RELEASES = 500
TRIES = 2_000
MICRO = 1_000
PORT = 8300


def make_releases(code: str, count: int) -> Product:
    """A product with so many releases, each with a file for Windows and one for macOS, signed for updaters as far as anybody can see."""
    product, now = make_product(code), timezone.now()
    for number in range(count):
        notes = "Better in small ways.\n\nAnd in this one: it begins quicker, and keeps what you wrote when the lamp goes out." * 3
        at = now - timedelta(days=count - number)
        release = Release.objects.create(product=product, version=f"{1 + number // 50}.{number % 50}.0", published_at=at, notes=notes)
        for platform, ending in ("windows", "exe"), ("macos", "dmg"):
            name = f"{product.slug}-{release.version}.{ending}"
            ReleaseFile.objects.create(
                release=release,
                platform=platform,
                file="none",
                name=name,
                size=3_000_000,
                sha256="0" * 64,
                minimum_system="12.0",
                update_signature="A" * 86 + "==",
            )
    return product


class Caller:
    """Calls the application as a server would."""

    def __init__(self) -> None:
        self.application = WSGIHandler()

    def __call__(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        answer: list[Any] = []
        response = self.application(environ | headers, lambda status, sent: answer.extend((status, sent)))
        body = b"".join(response)
        response.close()
        return int(answer[0].split()[0]), dict(answer[1]), body

    def milliseconds(self, path: str, status: int, tries: int = TRIES, **headers: str) -> float:
        """The median of one call."""
        taken = []
        for _try in range(tries):
            began = time.perf_counter()
            answered = self(path, **headers)[0]
            taken.append(time.perf_counter() - began)
            assert answered == status, answered
        return statistics.median(taken) * MICRO


def appcast() -> Iterator[Figure]:
    product = make_releases("FEED", RELEASES)
    few = make_releases("FEW", 3)
    call, path = Caller(), f"/products/{product.slug}/appcast.xml"
    began = time.perf_counter()
    _status, headers, body = call(path)
    yield Figure(f"appcast of {RELEASES} releases, made", (time.perf_counter() - began) * MICRO, "ms")
    yield Figure("its size", len(body) / 1_000, "kB")
    yield Figure("its size, packed", len(call(path, HTTP_ACCEPT_ENCODING="gzip")[2]) / 1_000, "kB")
    unchanged = {"HTTP_IF_NONE_MATCH": headers["ETag"]}
    yield Figure("304 by its entity tag", call.milliseconds(path, 304, **unchanged), "ms", goal=1, at_most=True)
    time.sleep(SAME_SECOND.total_seconds())
    since = {"HTTP_IF_MODIFIED_SINCE": call(path)[1]["Last-Modified"]}
    yield Figure("304 by its date", call.milliseconds(path, 304, **since), "ms", goal=1, at_most=True)
    yield Figure("the whole, ready made", call.milliseconds(path, 200), "ms", goal=2, at_most=True)
    yield Figure("the whole, ready made and packed", call.milliseconds(path, 200, HTTP_ACCEPT_ENCODING="gzip"), "ms", goal=2, at_most=True)
    with override_settings(ROOT_URLCONF="bench.empty"):
        yield Figure("an empty view behind the same middleware", Caller().milliseconds(path, 200), "ms")
    yield from queries(call, path, f"/products/{few.slug}/appcast.xml", unchanged)


def queries(call: Caller, many: str, few: str, unchanged: dict[str, str]) -> Iterator[Figure]:
    yield Figure("queries of a 304", queries_of(call, many, **unchanged), goal=1, at_most=True)
    kept.clear()
    made = queries_of(call, many)
    kept.clear()
    yield Figure(f"queries to make it, of {RELEASES} releases and of 3", made, goal=queries_of(call, few), at_most=True)


def queries_of(call: Caller, path: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        call(path, **headers)
    return len(seen)


def over_http() -> Iterator[Figure]:
    """Through gunicorn with two workers, as behind nginx."""
    path = "/products/feed/appcast.xml"
    etag = Caller()(path)[1]["ETag"]
    with stage.gunicorn("infacta.wsgi", PORT):
        address = f"http://127.0.0.1:{PORT}{path}"
        stage.requests_per_second(address)  # each worker makes it once
        yield Figure("the whole, packed, requests a second over HTTP", stage.requests_per_second(address, Accept_Encoding="gzip"))
        yield Figure("304, requests a second over HTTP", not_modified_per_second(address, etag))


def not_modified_per_second(address: str, etag: str) -> float:
    """By this process, one after the other over one connection: wrk takes a 304 for a failure."""
    connection_to = http.client.HTTPConnection(urlsplit(address).netloc)
    began, count = time.monotonic(), 0
    while time.monotonic() - began < 2:
        connection_to.request("GET", urlsplit(address).path, headers={"If-None-Match": etag})
        answer = connection_to.getresponse()
        answer.read()
        assert answer.status == 304
        count += 1
    return count / (time.monotonic() - began)


MEASURES = (appcast, over_http)
