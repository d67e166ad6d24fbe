"""Pages that need nothing of the session are there while the database is away, also for a browser that brings a session's cookie."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CSRF_SESSION_KEY

SAFE = ("GET", "HEAD")


def read_session(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Read the session where the browser has one, as each page does first of all; if that breaks, only whoever asks for more breaks too.

    A form that is sent needs its token, and breaks at once.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE and settings.SESSION_COOKIE_NAME in request.COOKIES:
            try:
                request.session.get("")
            except (OperationalError, InterfaceError) as error:
                request.session = UnreadableSession(error)  # type: ignore[assignment]
        return get_response(request)

    return middleware


class UnreadableSession:
    """Breaks with the first error wherever somebody reads or writes it, and asks the database no more.

    Django's middleware against forgery reads every session at the beginning; a page without a form goes on without. `accessed` is missed on
    purpose: Django's middleware of sessions then leaves the answer, and the browser's cookie, as they are.
    """

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get(self, key: str, default: Any = None) -> Any:
        if key == CSRF_SESSION_KEY:
            return default
        raise self.error

    def __getattr__(self, name: str) -> Any:
        if name == "accessed":
            raise AttributeError(name)
        raise self.error

    def __getitem__(self, key: str) -> Any:
        raise self.error

    def __setitem__(self, key: str, value: Any) -> None:
        raise self.error

    def __contains__(self, key: str) -> bool:
        raise self.error
