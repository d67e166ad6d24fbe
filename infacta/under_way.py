"""What this thread is working on, for its log lines: a request or a task, and the id that both have in common.

Every request has an id. It comes from a proxy of ours, or is made here; the answer's `X-Request-ID` and the page of a 500 show it, every
line of the log has it, and a task that the request wakes takes it over.
"""

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from infacta.network import belongs

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9-]{16,64}")


@dataclass(frozen=True)
class Work:
    """`id` is empty where nobody asked for anything: at the start, and between two requests."""

    id: str = ""
    request: HttpRequest | None = None
    task: str = ""

    @property
    def view(self) -> str:
        """The name of the route, which holds nothing of anybody; "" until it is found."""
        match = getattr(self.request, "resolver_match", None)
        return match.view_name if match else ""


NOTHING = Work()
NOTE = "infacta.request_id"
"""In request.META: Django writes some lines about a request when all middleware is through."""
current: ContextVar[Work] = ContextVar("work", default=NOTHING)


def work_of(request: HttpRequest | None) -> Work:
    """What the thread works on; if that is over, the request that a line is about."""
    work = current.get()
    if not work.id and isinstance(request, HttpRequest):
        return Work(request.META.get(NOTE, ""), request)
    return work


def new_id() -> str:
    return secrets.token_hex(16)


def id_of(request: HttpRequest) -> str:
    """The id that one of our own proxies has given the request, if it looks like one; anybody else's word counts for nothing."""
    given = request.headers.get(HEADER, "")
    if WELL_FORMED.fullmatch(given) and belongs(request.META.get("REMOTE_ADDR", ""), settings.TRUSTED_PROXIES):
        return given
    return new_id()


def request_ids(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The outermost of the site's middleware: whatever another one logs, or answers, has the id."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        work, streams = Work(id_of(request), request), False
        current.set(work)
        request.META[NOTE] = work.id
        try:
            response = get_response(request)
            response.headers[HEADER] = work.id
            if streams := response.streaming:
                end_with(response)
        finally:
            if not streams:
                current.set(NOTHING)
        return response

    return middleware


def end_with(response: HttpResponseBase) -> None:
    """What streams may still log when the view is long through; the server closes it at the end, in the same thread."""
    close = response.close

    def closed() -> None:
        try:
            close()
        finally:
            current.set(NOTHING)

    response.close = closed  # type: ignore[method-assign]
