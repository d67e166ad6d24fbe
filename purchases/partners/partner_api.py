"""Asking a partner's own records over its API: one address, one answer in JSON.

Whatever goes wrong is raised, and intake asks again later. The key travels to the configured address alone: nobody is redirected.
"""

import time
from typing import Any, NoReturn
from urllib.request import HTTPRedirectHandler, Request, build_opener

from purchases.partners.signed_json import decoded, screened

TIMEOUT_SECONDS = 5  # for the connection, and for each piece of the answer
MOST_SECONDS = 15
MOST_BYTES = 1024 * 1024
PIECE = 64 * 1024


class Unusable(Exception):
    """The answer is too long, takes too long, or leads elsewhere."""


class NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Unusable("it redirects")


def ask(address: str, key: str) -> dict[str, Any]:
    """What the API says at this address, without card data; any error of the network, of HTTP (OSError), Unusable, or Refused."""
    request = Request(address, headers={"Authorization": f"Bearer {key}", "Accept": "application/json"})  # noqa: S310 (the settings name it)
    end = time.monotonic() + MOST_SECONDS
    body = b""
    with build_opener(NoRedirects).open(request, timeout=TIMEOUT_SECONDS) as answer:
        while piece := answer.read1(PIECE):
            body += piece
            if len(body) > MOST_BYTES or time.monotonic() > end:
                raise Unusable("it is too long, or takes too long")
    return screened(decoded(body))
