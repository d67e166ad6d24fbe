"""Asking a partner's own records over its API: one GET, one object of JSON."""

import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

from purchases.partners.base import Refused
from purchases.partners.own_format import decoded
from purchases.partners.reading import screened

MOST_BYTES = 1024 * 1024
PIECE = 64 * 1024
SECONDS_EACH_STEP, SECONDS_IN_ALL = 5, 15


class NoAnswer(Exception):
    """The API did not answer with an object of JSON; `status` is 0 if it did not answer at all. Its text repeats nothing that was answered."""

    def __init__(self, what: str, status: int = 0) -> None:
        super().__init__(what)
        self.status = status


class NoRedirects(HTTPRedirectHandler):
    """A token goes to the address that was asked, and to no other."""

    def redirect_request(self, *args: Any, **options: Any) -> None:
        return None


def ask(address: str, key: str) -> dict[str, Any]:
    """What the API says at the address to whoever has the key, without card data; NoAnswer as below, or Refused."""
    return screened(get_json(address, {"Authorization": f"Bearer {key}"}))


def get_json(address: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The object of JSON at the address, which must be https outside tests; NoAnswer if there is none, or it is too long or too slow.

    Numbers are ints and floats; card data may still be in it.
    """
    if not address.startswith("https://") and settings.MODE != "test":
        raise NoAnswer("the address is not https")
    request = Request(address, headers={"Accept": "application/json", "User-Agent": settings.SITE_NAME, **headers})  # noqa: S310 (checked above)
    try:
        with build_opener(NoRedirects).open(request, timeout=SECONDS_EACH_STEP) as answer:
            body = body_of(answer)
    except HTTPError as error:
        error.close()
        raise NoAnswer(f"status {error.code}", error.code) from None
    except (OSError, HTTPException) as error:
        raise NoAnswer(f"no connection ({type(error).__name__})") from None
    return object_in(body)


def body_of(answer: HTTPResponse) -> bytes:
    """The body, of a MOST_BYTES and SECONDS_IN_ALL at most: a server that sends a byte now and then holds nobody."""
    end, body = time.monotonic() + SECONDS_IN_ALL, b""
    while piece := answer.read1(PIECE):
        body += piece
        if len(body) > MOST_BYTES:
            raise NoAnswer(f"longer than {MOST_BYTES} bytes")
        if time.monotonic() > end:
            raise NoAnswer(f"not there after {SECONDS_IN_ALL} seconds")
    return body


def object_in(body: bytes) -> dict[str, Any]:
    try:
        found = decoded(body)
    except Refused:
        raise NoAnswer("no JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise NoAnswer("not an object of JSON")
    return found
