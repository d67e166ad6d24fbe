"""The spine: the downloads page, delivery of a large file, and notifications under fire."""

import multiprocessing
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench import stage
from bench.cast import MEGABYTE, PASSWORD, bare_session, make_customer, make_file, make_product
from bench.clients import logged_in, open_download, post_twice, purchase_body, seconds_to_get
from bench.figures import Figure
from downloads import cards
from downloads.models import Entitlement
from mailroom.models import OutgoingMail
from purchases.models import Purchase, PurchaseItem, WebhookEvent

LARGE = 200 * MEGABYTE
ROUNDS = 9  # many short ones in turn, so that what else the machine does falls on both sides
NOTIFICATIONS, CLIENTS = 2000, 8


def downloads_page() -> Iterator[Figure]:
    """The customer's downloads page against the bare view, with 10 and with 10,000 past downloads."""
    few, many = make_customer("few@example.com", downloads=10), make_customer("many@example.com", downloads=10_000)
    with stage.gunicorn("infacta.wsgi", 8190), stage.gunicorn("bench.bare", 8191):
        pages = {"10": (logged_in(8190, few, PASSWORD).cookie_header, few), "10,000": (logged_in(8190, many, PASSWORD).cookie_header, many)}
        bare_cookie = bare_session(few)
        for label, (cookies, customer) in pages.items():
            ratios = []
            for _round in range(ROUNDS):
                bare = stage.requests_per_second("http://127.0.0.1:8191/", Cookie=bare_cookie)
                page = stage.requests_per_second("http://127.0.0.1:8190/resources/", Cookie=cookies)
                ratios.append(page / bare)
            yield Figure(f"downloads page, {label} past downloads, requests a second", page)
            yield Figure(f"bare view, session and user, requests a second (beside {label})", bare)
            yield Figure(f"downloads page / bare view, {label} past downloads", statistics.median(ratios), goal=0.5)
            yield Figure(f"downloads page, {label} past downloads, queries", queries_of_page(customer))
    difference = abs(queries_of_page(few) - queries_of_page(many))
    yield Figure("downloads page, queries more with 10,000 past downloads than with 10", difference, goal=0, at_most=True)


def large_file() -> Iterator[Figure]:
    """A 200 MB file: through X-Accel-Redirect against nginx itself, and the memory of the Python fallback."""
    customer = make_customer("large@example.com", downloads=0)
    file = make_file(customer, LARGE)
    location = f"alias {stage.FOLDER}/releases/;"
    proxy = "proxy_pass http://127.0.0.1:8190; proxy_set_header Host $host;"
    server = f"location /plain/ {{ {location} }} location /protected-releases/ {{ internal; {location} }} location / {{ {proxy} }}"
    with stage.gunicorn("infacta.wsgi", 8190, DOWNLOADS_DELIVERY="nginx"), stage.nginx(server, 8192):
        browser = logged_in(8190, customer, PASSWORD)
        path = open_download(browser, customer.entitlements.get(product=file.release.product), file)
        ratios = []
        for _round in range(9):
            plain = seconds_to_get(f"http://127.0.0.1:8192/plain/{file.file.name}", LARGE)
            handed = seconds_to_get(f"http://127.0.0.1:8192{path}", LARGE, browser.cookie_header)
            ratios.append(plain / handed)
        yield Figure("200 MB from nginx itself", LARGE / plain / MEGABYTE, "MB/s")
        yield Figure("200 MB through X-Accel-Redirect / nginx itself", statistics.median(ratios), goal=0.95)
    with stage.gunicorn("infacta.wsgi", 8190, workers=1) as process:
        browser = logged_in(8190, customer, PASSWORD)
        path = open_download(browser, customer.entitlements.get(product=file.release.product), file)
        seconds_to_get(f"http://127.0.0.1:8190{path}", MEGABYTE, browser.cookie_header)
        before = stage.memory_of(process)
        seconds = seconds_to_get(f"http://127.0.0.1:8190{path}", LARGE, browser.cookie_header)
        yield Figure("200 MB through Python", LARGE / seconds / MEGABYTE, "MB/s")
        yield Figure("200 MB through Python, memory growth", (stage.memory_of(process) - before) / MEGABYTE, "MB", goal=10, at_most=True)


@dataclass(frozen=True)
class Outcome:
    """What came of the notifications: how many were answered with 200, seconds until all were answered and until all was done,
    and the Message-IDs that the relay took."""

    accepted: int
    accepting: float
    took: float
    delivered: list[str]


def notifications() -> Iterator[Figure]:
    """2,000 signed notifications by 8 clients, every one twice; two workers, one of them killed half-way."""
    products = [make_product(f"BENCH-{number}") for number in range(2)]
    granted_before = Entitlement.objects.count()
    outcome = under_fire([purchase_body(number, [product.code for product in products]) for number in range(NOTIFICATIONS)])
    purchases = Purchase.objects.filter(partner="standard-webhooks").count()
    granted = Entitlement.objects.count() - granted_before
    doubled = PurchaseItem.objects.values("purchase", "line_number").annotate(times=Count("pk")).filter(times__gt=1).count()
    written = set(OutgoingMail.objects.filter(cause__startswith="purchase:standard-webhooks:").values_list("message_id", flat=True))
    delivered = [message_id for message_id in outcome.delivered if message_id in written]
    yield Figure("notifications answered with 200", outcome.accepted, goal=NOTIFICATIONS * 2)
    yield Figure("notifications accepted a second", NOTIFICATIONS * 2 / outcome.accepting)
    yield Figure("purchases fulfilled and mailed a second, one worker killed", NOTIFICATIONS / outcome.took)
    yield at_most_none("purchases missing or too many", abs(purchases - NOTIFICATIONS))
    yield at_most_none("entitlements missing or too many", abs(granted - NOTIFICATIONS * len(products)))
    yield at_most_none("lines granted twice", doubled)
    yield at_most_none("mails missing or too many", abs(len(written) - NOTIFICATIONS))
    yield at_most_none("mails that the relay did not receive", len(written - set(delivered)))
    twice = len(delivered) - len(set(delivered))
    yield Figure("mails that the relay received twice (one may be, for the worker killed)", twice, goal=1, at_most=True)


def at_most_none(name: str, value: float) -> Figure:
    return Figure(name, value, goal=0, at_most=True)


def under_fire(bodies: list[bytes]) -> Outcome:
    """Post the bodies, each twice, while two workers fulfil them; kill one half-way, and wait until nothing is left to do."""
    received = stage.FOLDER / "received.txt"
    received.touch()
    sink = stage.start(sys.executable, "-m", "bench.sink", str(stage.SMTP_PORT), str(received))
    stage.await_port(stage.SMTP_PORT, sink)
    workers = [stage.start(stage.program("celery"), "-A", "infacta", "worker", "-c", "1", "-n", f"bench{number}@%h") for number in range(2)]
    beat = stage.start(stage.program("celery"), "-A", "infacta", "beat", "-s", str(stage.FOLDER / "beat"))
    try:
        with stage.gunicorn("infacta.wsgi", 8190), multiprocessing.get_context("spawn").Pool(CLIENTS) as clients:
            began = time.monotonic()
            posting = clients.map_async(post_twice, [bodies[start::CLIENTS] for start in range(CLIENTS)])
            wait_until(lambda: WebhookEvent.objects.filter(state="fulfilled").count() >= len(bodies) // 2)
            stage.stop(workers[0], signal.SIGKILL)
            accepted = sum(posting.get())
            accepting = time.monotonic() - began
            wait_until(nothing_is_left)
            return Outcome(accepted, accepting, time.monotonic() - began, received.read_text().split())
    finally:
        for process in (*workers, beat, sink):
            stage.stop(process, signal.SIGKILL)


def nothing_is_left() -> bool:
    waiting = WebhookEvent.objects.filter(state__in=["received", "waiting"])
    return not waiting.exists() and not OutgoingMail.objects.exclude(state="sent").exists()


def wait_until(reached: Callable[[], bool], most: int = 900) -> None:
    """Wait so many seconds at most; what is missing then shows in the figures."""
    deadline = time.monotonic() + most
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.1)


def queries_of_page(customer: User) -> int:
    """How many queries the downloads page needs when nothing of it is in the cache, counted through Django's own client."""
    cache.clear()
    cards.kept.clear()
    client = Client()
    client.post("/resources/log-in/", {"email": customer.email, "password": PASSWORD})
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/resources/").status_code == 200
    return len(captured)


MEASURES = (downloads_page, large_file, notifications)
