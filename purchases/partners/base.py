"""What every partner's notification becomes, and what a partner's module must do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.addresses import validate_mailable
from accounts.contact import Contact
from purchases.models import EventKind

MOST_UNITS = 10_000  # of one order: each unit is an unlock code that somebody must read
MOST_LINES = 100
LONGEST_ADDRESS = 254


class Refused(Exception):
    """The notification is not taken: 401 if nobody vouches for it, 400 if it cannot be read.

    The reason is for the operator's log. It names fields and never repeats what was sent, and the caller never sees it.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True)
class OrderLine:
    """A line of an order. In a refund `quantity` is what was refunded of the line; None is all of it."""

    line_number: int
    quantity: int | None
    product_code: str = ""
    product_name: str = ""
    unit_price: Decimal | None = None
    delivery_option: str = ""


@dataclass(frozen=True)
class Event:
    """The one internal event, whoever sent it (promise G4: contact data and limited order data)."""

    kind: EventKind
    event_key: str
    raw_type: str
    order_reference: str = ""
    parent_order_reference: str = ""
    occurred_at: datetime | None = None
    test_mode: bool = False
    purchased_at: datetime | None = None
    currency: str = ""
    total: Decimal | None = None
    lines: tuple[OrderLine, ...] = ()
    buyer: Contact | None = None
    ip: str | None = None
    tells_money_alone: bool = False  # a reversal that says how much was returned, and not of which units


@dataclass(frozen=True)
class Notice:
    """A notification as it arrived: the raw bytes, the headers (whatever their case), and the address it came from."""

    body: bytes
    headers: Mapping[str, str]
    ip: str | None


@dataclass(frozen=True)
class Received:
    """A notification that was verified and read; `payload` is free of card data, and `receipt` is what the partner wants to hear."""

    event: Event
    payload: dict[str, Any]
    receipt: bytes = b""


class Partner(ABC):
    """One partner: how its notifications are verified and read."""

    slug: str
    answers_get = False  # whether the partner tries the endpoint with an empty GET

    @property
    def settings(self) -> dict[str, Any]:
        return settings.PARTNERS[self.slug]

    @abstractmethod
    def is_wanted(self) -> bool:
        """Whether the operator has configured anything of this partner."""

    @abstractmethod
    def problems(self) -> list[str]:
        """What is wrong with the configuration, in sentences that say what to set."""

    @abstractmethod
    def receive(self, notice: Notice) -> Received:
        """Verify the raw bytes, drop card data, read the rest; Refused if one of these fails."""

    @abstractmethod
    def event_of(self, payload: dict[str, Any], event_key: str) -> Event:
        """Read a stored payload again, when a worker or a replay comes to it."""

    def is_open(self) -> bool:
        return self.is_wanted() and not self.problems()


def check_units(lines: Sequence[OrderLine]) -> None:
    """Refused if the order has more units than anybody buys."""
    if sum(line.quantity or 0 for line in lines) > MOST_UNITS:
        raise Refused(f"The order has more than {MOST_UNITS} units.")


def is_email(address: str) -> bool:
    """Whether accounts can hold the address, and mails be sent there."""
    try:
        validate_email(address)
        validate_mailable(address)
    except ValidationError:
        return False
    return len(address) <= LONGEST_ADDRESS
