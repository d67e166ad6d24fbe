"""The site as a visitor meets it: in this process, or over the network at an address that an operator names.

Either way through all of the site's middleware, as nobody, and with cookies kept from page to page as a browser keeps them. Only pages are
asked for of which no visit is recorded.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from http.cookies import Morsel, SimpleCookie
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.test import Client

SECONDS = 10
MOST_BYTES = 2_000_000
MOST_STEPS = 4


@dataclass(frozen=True)
class Answer:
    """What came back for one address; `path` is that of the page itself, when it was followed to another."""

    path: str
    status: int
    headers: dict[str, str]
    cookies: dict[str, "Morsel[str]"]
    text: str

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


class Visitor(Protocol):
    """`where` says in evidence how it was asked."""

    where: str

    def get(self, path: str, *, https: bool = True) -> Answer: ...


class InProcess:
    """Asks this very program, through all of its middleware, without a network."""

    where = "asked in this process"

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False, SERVER_NAME=settings.SITE_HOST or "localhost", HTTP_USER_AGENT="check_promises")

    def leave(self) -> None:
        """Nothing of the visit stays: a session that some page began is ended."""
        if settings.SESSION_COOKIE_NAME in self.client.cookies:
            self.client.session.flush()

    def get(self, path: str, *, https: bool = True) -> Answer:
        answer = self.client.get(path, secure=https and settings.HTTPS)
        text = "" if answer.streaming else answer.content.decode(errors="replace")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(path, answer.status_code, headers, dict(answer.cookies), text)


class OverTheNetwork:
    """Asks a server, as browsers do; what is asked for without HTTPS goes to the same host in plain."""

    def __init__(self, url: str) -> None:
        self.url, self.jar, self.where = urlsplit(url), SimpleCookie(), f"asked at {url}"

    def get(self, path: str, *, https: bool = True) -> Answer:
        connection = self.connection(https and self.url.scheme == "https")
        try:
            connection.request("GET", path, headers={"User-Agent": "check_promises", "Cookie": self.cookies})
            return self.answer(path, connection.getresponse())
        except HTTPException as error:
            raise OSError(f"no answer that HTTP knows: {type(error).__name__}") from error
        finally:
            connection.close()

    def connection(self, https: bool) -> HTTPConnection:
        host = self.url.hostname or ""
        if https:
            return HTTPSConnection(host, self.url.port, timeout=SECONDS, context=ssl.create_default_context())
        return HTTPConnection(host, self.url.port if self.url.scheme == "http" else None, timeout=SECONDS)

    @property
    def cookies(self) -> str:
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self.jar.items())

    def answer(self, path: str, response: HTTPResponse) -> Answer:
        text = response.read(MOST_BYTES).decode(errors="replace")
        cookies = SimpleCookie()
        for line in response.headers.get_all("Set-Cookie", []):
            cookies.load(line)
        self.jar.update(cookies)
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(path, response.status, headers, dict(cookies), text)


current: ContextVar[Visitor | None] = ContextVar("visitor", default=None)
guests: ContextVar[list[InProcess] | None] = ContextVar("guests", default=None)


@contextmanager
def visiting(url: str | None) -> Iterator[None]:
    """Whatever looks at pages meanwhile does it over the network at that address; in this process, if there is none, and then without
    a trace in the database."""
    token, came = current.set(OverTheNetwork(url) if url else None), list[InProcess]()
    in_house = guests.set(came)
    try:
        yield
    finally:
        current.reset(token)
        guests.reset(in_house)
        for guest in came:
            guest.leave()


def visitor() -> Visitor:
    """A visitor who was never here before."""
    chosen = current.get()
    if isinstance(chosen, OverTheNetwork):
        return OverTheNetwork(chosen.url.geturl())
    guest, came = InProcess(), guests.get()
    if came is not None:
        came.append(guest)
    return guest


def followed(visitor: Visitor, path: str) -> Answer:
    """The page that the address leads to, by a few steps on this site."""
    answer = visitor.get(path)
    for _step in range(MOST_STEPS):
        if answer.status not in (301, 302, 303, 307, 308):
            break
        target = urlsplit(urljoin(path, answer.header("location")))
        path = f"{target.path}?{target.query}" if target.query else target.path
        answer = visitor.get(path)
    return answer
