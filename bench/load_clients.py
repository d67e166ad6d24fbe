"""The clients of the mixed load: each speaks HTTPS through nginx from an address of its own, and writes down what it was answered.

They know nothing of Django; each kind runs in a process of its own, with several threads.
"""

import http.client
import itertools
import json
import re
import ssl
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from standardwebhooks import Webhook

from bench import stage
from bench.clients import FORM, TOKEN, purchase_body
from bench.own_nginx import HOST

PAUSE = 0.1
"""Seconds that a client thinks between two requests: the load is steady, and leaves the machine room to restart what is restarted."""
IDLE = 5
"""Seconds after which a client takes a new connection: nginx closes those that wait for long, and what is sent on one at that moment is no matter of the site's."""
RETRIES_FOR = 120
MAIL_WITHIN = 120


@dataclass(frozen=True)
class Plan:
    """What a client is told: where the site is, until when to go on (by the monotonic clock, which all processes of a machine share), and with whom."""

    port: int
    until: float
    mails: str
    password: str
    products: tuple[str, ...]
    promotion: str
    word: str
    customers: tuple[tuple[str, int, tuple[int, ...]], ...] = ()
    """Address, number of the entitlement, numbers of the files."""
    size: int = 0


@dataclass(frozen=True)
class Answer:
    """One request: a status of 0 is a broken connection."""

    kind: str
    began: float
    ended: float
    status: int

    @property
    def is_lost(self) -> bool:
        return self.status == 0 or self.status >= 500


@dataclass
class Ledger:
    """What was asked, and what was acknowledged to the clients."""

    answers: list[Answer] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    retried: int = 0
    given_up: int = 0
    downloads: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    log_ins: int = 0
    odd: list[str] = field(default_factory=list)


class Client:
    """One visitor's browser, or a partner's server: keeps its connection to nginx, its cookies, and the last token against forgery."""

    numbers = itertools.count(1)

    def __init__(self, plan: Plan, ledger: Ledger, net: int) -> None:
        self.plan, self.ledger = plan, ledger
        number = next(Client.numbers)
        self.address = f"127.{net}.{number // 250}.{number % 250 + 1}"
        self.cookies, self.token = SimpleCookie(), ""
        self.connection: http.client.HTTPSConnection | None = None
        self.used_at = 0.0

    def connect(self) -> http.client.HTTPSConnection:
        """`example.com` names this machine's nginx here, whose certificate nobody vouches for."""
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(HOST, self.plan.port, timeout=150, context=context, source_address=(self.address, 0))
        connection._create_connection = lambda _address, *more: stage.socket.create_connection(("127.0.0.1", self.plan.port), *more)  # type: ignore[attr-defined]
        return connection

    def ask(self, kind: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, http.client.HTTPMessage]:
        """Status, body and headers; a status of 0 if there was no answer."""
        time.sleep(PAUSE)
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items() if morsel.value)
        sent = {"Host": HOST, "Cookie": cookies, "Origin": f"https://{HOST}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        began = time.monotonic()
        if began - self.used_at > IDLE:
            self.hang_up()
        try:
            self.connection = self.connection or self.connect()
            self.connection.request(method, path, body or None, sent)
            answer = self.connection.getresponse()
            content, status, told = answer.read(), answer.status, answer.headers
        except (OSError, http.client.HTTPException):
            content, status, told = b"", 0, http.client.HTTPMessage()
        if not status or (told.get("Connection", "") == "close"):
            self.hang_up()
        self.used_at = time.monotonic()
        self.ledger.answers.append(Answer(kind, began, self.used_at, status))
        for value in told.get_all("Set-Cookie", []):
            self.cookies.load(value)
        if found := TOKEN.search(content):
            self.token = found[1].decode()
        return status, content, told

    def hang_up(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None

    def visit(self, kind: str, path: str) -> tuple[int, bytes]:
        """A page, wherever its address leads."""
        for _hop in range(5):
            status, content, told = self.ask(kind, "GET", path)
            if status not in (301, 302, 303):
                return status, content
            path = path_of(told["Location"])
        return status, content

    def post(self, kind: str, path: str, **values: str) -> tuple[int, str]:
        """Status, and where the answer leads."""
        body = urlencode(values | {"csrfmiddlewaretoken": self.token}).encode()
        status, _content, told = self.ask(kind, "POST", path, body, Content_Type=FORM)
        return status, path_of(told.get("Location", ""))

    def is_at_it(self) -> bool:
        return time.monotonic() < self.plan.until


def path_of(location: str) -> str:
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def browse(plan: Plan, ledger: Ledger, number: int) -> None:
    pages = itertools.cycle(
        ["/", "/products/", f"/products/{plan.products[0].lower()}/", "/privacy/", "/contact/", "/resources/log-in/", "/promotions/"]
    )
    while (visitor := Client(plan, ledger, 1)).is_at_it():
        for _page in range(10):
            visitor.visit("browse", next(pages))


def notify(plan: Plan, ledger: Ledger, number: int) -> None:
    """A partner: what is not answered with 200 is sent again, with the same number."""
    partner, webhook = Client(plan, ledger, 2), Webhook(stage.SECRET)
    for order in itertools.count():
        if not partner.is_at_it():
            return
        reference = f"{number}-{order}"
        body, identifier, begun = purchase_body(reference, list(plan.products)), f"msg_{uuid.uuid4().hex}", time.monotonic()
        kind = "notify"
        while True:
            now = datetime.now(UTC)
            signed = {
                "webhook-id": identifier,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": webhook.sign(identifier, now, body.decode()),
            }
            status, _content, _told = partner.ask(
                kind, "POST", "/partners/standard-webhooks/notify/", body, Content_Type="application/json", **signed
            )
            if status == 200:
                ledger.orders.append(json.loads(body)["data"]["order_reference"])
                break
            if time.monotonic() - begun > RETRIES_FOR:
                ledger.given_up += 1
                break
            ledger.retried, kind = ledger.retried + 1, "notify again"
            time.sleep(1)


def download(plan: Plan, ledger: Ledger, number: int) -> None:
    """Customers who log in, and take their files one after the other."""
    while True:
        for email, entitlement, files in plan.customers[number :: THREADS["download"]]:
            customer = Client(plan, ledger, 3)
            if not customer.is_at_it():
                return
            customer.visit("log in", "/resources/log-in/")
            status, _location = customer.post("log in", "/resources/log-in/", email=email, password=plan.password)
            if status != 302:
                ledger.odd.append(f"log-in: {status}")
                continue
            ledger.log_ins += 1
            for file in files:
                if customer.is_at_it():
                    take(customer, entitlement, file)


def take(customer: Client, entitlement: int, file: int) -> None:
    if customer.visit("download", "/resources/")[0] != 200:
        return
    status, location = customer.post("download", f"/resources/downloads/{entitlement}/", file=str(file))
    if status != 303:
        customer.ledger.odd.append(f"download button: {status}")
        return
    status, content, _told = customer.ask("download", "GET", location)
    if status == 200 and len(content) == customer.plan.size:
        customer.ledger.downloads.append(location.strip("/").split("/")[-1])
    else:
        customer.ledger.odd.append(f"file: {status}, {len(content)} bytes")


def register(plan: Plan, ledger: Ledger, number: int) -> None:
    """People who come by the promotion's word, and press the link of the mail that they get."""
    for person in itertools.count():
        visitor, email = Client(plan, ledger, 4), f"person-{number}-{person}@example.net"
        if not visitor.is_at_it():
            return
        page = f"/promotions/{plan.promotion}/"
        visitor.visit("register", page)
        status, location = visitor.post("register", page, code=plan.word)
        if status != 302:
            ledger.odd.append(f"promotion's word: {status}")
            continue
        visitor.visit("register", location)
        status, location = visitor.post("register", location, email=email)
        if status != 302 or not location.endswith("/mail/"):
            ledger.odd.append(f"registration: {status} {location}")
            continue
        ledger.held.append(email)
        if link := link_mailed_to(email, Path(plan.mails)):
            visitor.visit("register", link)
            status, location = visitor.post("register", link)
            if status == 302 and location == link:
                ledger.confirmed.append(email)
            else:
                ledger.odd.append(f"confirmation: {status} {location}")
        else:
            ledger.odd.append("no mail")


def link_mailed_to(email: str, mails: Path) -> str:
    """The path that the mail of the registration leads to; "" if none came in time."""
    end = time.monotonic() + MAIL_WITHIN
    while time.monotonic() < end:
        if (file := mails / email).exists():
            text = message_from_bytes(file.read_bytes()).get_payload(0).get_payload(decode=True).decode()
            found = re.search(rf"https://{re.escape(HOST)}(/promotions/\S+/confirm/\S+)", text)
            return found[1] if found else ""
        time.sleep(0.2)
    return ""


KINDS: dict[str, Callable[[Plan, Ledger, int], None]] = {"browse": browse, "notify": notify, "download": download, "register": register}
THREADS = {"browse": 3, "notify": 2, "download": 3, "register": 2}


def run(kind: str, plan: Plan) -> Ledger:
    """All clients of a kind, in a process of their own, until it is time."""
    ledger = Ledger()
    with ThreadPoolExecutor(THREADS[kind]) as threads:
        list(threads.map(lambda number: KINDS[kind](plan, ledger, number), range(THREADS[kind])))
    assert threading.active_count() < 50
    return ledger
