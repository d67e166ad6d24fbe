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
from django.utils.crypto import constant_time_compare

from accounts.addresses import validate_mailable
from accounts.contact import Contact
from privacy.texts import Text
from purchases.models import Channel, EventKind
from purchases.models.partner_secret import stored_secrets
from purchases.partners.checkouts import Checkout
from purchases.partners.exports import ExportFormat

MOST_UNITS = 10_000  # of one order: each unit is an unlock code that somebody must read
MOST_LINES = 100
LONGEST_ADDRESS = 254


class Refused(Exception):
    """The notification is not taken: 401 if nobody vouches for it, 400 if it cannot be read; or the partner's own records do not bear it out.

    The reason is for the operator's log and for staff. It names fields and never repeats what was sent, and the caller never sees it.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True)
class OrderLine:
    """A line of an order. In a refund `quantity` is what was refunded of the line; None is all of it.

    A refund or a renewal names a line by its number, or (with 0) by the partner's own reference of it, or by the product's code. In a refund
    `unit_price` is what was returned of each unit.
    """

    line_number: int
    quantity: int | None
    product_code: str = ""
    product_name: str = ""
    unit_price: Decimal | None = None
    delivery_option: str = ""
    reference: str = ""


@dataclass(frozen=True)
class BuyerPart:
    """What a notification of its own tells of a buyer: contact data by the names of `Contact`, under the partner's reference of it."""

    reference: str
    details: Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """The one internal event, whoever sent it (promise G4: contact data and limited order data).

    `parent_order_reference` is the first order of a renewal, or of what was refunded. `join_references` are what later notifications may name
    the order by, and this one may be joined by: a payment, a subscription. `buyer_references` are those of a buyer told of elsewhere.
    `remark` is what staff read where nothing can be done: why it is ignored, or what is missing.
    """

    kind: EventKind
    event_key: str
    raw_type: str
    order_reference: str = ""
    parent_order_reference: str = ""
    join_references: tuple[str, ...] = ()
    occurred_at: datetime | None = None
    test_mode: bool = False
    purchased_at: datetime | None = None
    currency: str = ""
    total: Decimal | None = None
    lines: tuple[OrderLine, ...] = ()
    buyer: Contact | None = None
    buyer_references: tuple[str, ...] = ()
    buyer_part: BuyerPart | None = None
    ip: str | None = None
    tells_money_alone: bool = False  # a reversal that says how much was returned, and not of which units
    returned: EventKind | None = None  # of an order that has been refunded or charged back as a whole since: which of the two
    remark: Text = ""


@dataclass(frozen=True)
class Notice:
    """A notification as it arrived: the raw bytes, the headers (whatever their case), the address it came from, the query of a GET."""

    body: bytes
    headers: Mapping[str, str]
    ip: str | None
    query: str = ""


@dataclass(frozen=True)
class Notification:
    """One notification that was verified and read; `payload` is free of card data."""

    event: Event
    payload: dict[str, Any]


@dataclass(frozen=True)
class Received:
    """What one request brought, and what the partner wants to hear of it; `refused` is what else was in it, and is to be sent again."""

    notifications: tuple[Notification, ...]
    receipt: bytes = b""
    status: int = 200
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True)
class Capabilities:
    """What a partner can do, in words for operators; "" is no. What its export and its checkout can do is told by those (purchases.standing.capabilities)."""

    signature: Text
    order_mail: Text = ""
    key_generator: Text = ""
    refund: Text = ""
    renewal: Text = ""


class Partner(ABC):
    """One partner: how its notifications are verified, read and answered. docs/adding-a-partner.md walks through one."""

    slug: str
    name: str
    capabilities: Capabilities
    channel = Channel.WEBHOOK
    methods: tuple[str, ...] = ("POST",)
    answers_get = False  # whether the partner tries the endpoint with an empty GET
    has_secret_address = False  # whether a secret stands in the address, for want of a signature
    answers_at_once = False  # whether the partner waits for the unlock codes in the answer
    checkout: Checkout | None = None  # how purchases are handed over to it; docs/hand-over.md
    export: ExportFormat | None = None  # what its export looks like, where that is known; without it, the site's own columns count

    @property
    def settings(self) -> dict[str, Any]:
        return settings.PARTNERS[self.slug]

    @property
    def secrets(self) -> list[str]:
        """All that count, from the environment and from the staff area."""
        return [*self.settings.get("secrets", []), *stored_secrets(self.slug)]

    def is_wanted(self, secrets: Sequence[str]) -> bool:
        """Whether the operator has configured anything of this partner; `secrets` are all that it has."""
        return bool(secrets)

    @abstractmethod
    def problems(self, secrets: Sequence[str]) -> list[str]:
        """What is wrong with the configuration, in sentences that say what to set."""

    @abstractmethod
    def receive(self, notice: Notice) -> Received:
        """Verify the raw bytes, drop card data, read the rest; Refused if one of these fails."""

    @abstractmethod
    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        """Read a stored payload again, when a worker or a replay comes to it; `read_back` is what the partner's own records said of it."""

    def wants_read_back(self, payload: dict[str, Any]) -> bool:
        """Whether the partner's own records must be asked before this notification is believed, or can be read."""
        return False

    def read_back(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Ask the partner's own records over its API; free of card data. Raises whatever the network raises, and is then asked again."""
        raise NotImplementedError

    def reply(self, codes: Sequence[str], event: Event) -> bytes:
        """The answer of a partner that waits for the unlock codes; `codes` is empty if they follow by mail."""
        raise NotImplementedError

    def is_open(self) -> bool:
        secrets = self.secrets
        return self.is_wanted(secrets) and not self.problems(secrets)

    def admits(self, secret: str) -> bool:
        """Whether this is the secret of the address, if the partner's address has one; every secret is compared, in constant time."""
        if not self.has_secret_address:
            return not secret
        matches = [constant_time_compare(secret, ours) for ours in self.secrets]
        return any(matches)


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
