"""How each partner's notifications look: one module a partner, each with a `Side`, for the matrix (tests/purchases/test_matrix.py)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client

Settings = Any


@dataclass(frozen=True)
class Message:
    """One request as the partner sends it."""

    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    content_type: str = "application/json"
    ip: str = "127.0.0.1"

    def post(self, client: Client) -> HttpResponse:
        return client.generic(self.method, self.path, self.body, content_type=self.content_type, headers=self.headers, REMOTE_ADDR=self.ip)


@dataclass(frozen=True)
class Side:
    """What a partner sends of one order, always the same one: two units of the product that it calls `product_code`, bought by Alice@example.com.

    Every entry makes the requests anew (signed now). What a partner does not have is None, and `missing` says why in words.
    `opened` is a context in which the endpoint is open: it sets the given settings (settings.PARTNERS is a copy of the test's own), and may
    run a local server that plays the partner's API.
    """

    slug: str
    product_code: str
    opened: Callable[[Settings], AbstractContextManager[None]]
    purchase: Callable[[], list[Message]]  # with whatever tells of the buyer, if that is a message of its own
    refund: Callable[[], list[Message]] | None  # of the whole order
    chargeback: Callable[[], list[Message]] | None  # of the whole order
    chargeback_reversed: Callable[[], list[Message]] | None
    test_event: Callable[[], list[Message]] | None  # a purchase marked as a trial
    forged: Callable[[], list[Message]]  # a purchase signed with another secret, or under another address
    stale: Callable[[], list[Message]] | None  # a purchase signed long ago
    malformed: Callable[[], list[Message]]  # properly authenticated, but no purchase can be read from it
    renewal: Callable[[], list[Message]] | None = None  # of the whole order
    missing: dict[str, str] = field(default_factory=dict)


Opened = Iterator[None]
