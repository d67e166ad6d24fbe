"""The site's own format: a purchase as JSON (docs/purchase.schema.json), signed as Standard Webhooks says.

Source: the specification at https://www.standardwebhooks.com/ — `webhook-id`, `webhook-timestamp` and `webhook-signature`,
HMAC-SHA256 in base64 over `{id}.{timestamp}.{body}`, several secrets and several signatures at once, 300 seconds either way.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
import time
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn

from django.conf import settings
from jsonschema import Draft202012Validator, FormatChecker

from accounts.contact import Contact
from purchases.models import EventKind
from purchases.partners.base import Event, Notice, OrderLine, Partner, Received, Refused, check_units, is_email
from purchases.partners.card_data import TooDeep, without_card_data

TOLERANCE_SECONDS = 300
SHORTEST_KEY = 24
SCHEMA = settings.BASE_DIR / "docs" / "purchase.schema.json"
KINDS = {
    "purchase.completed": EventKind.PURCHASE,
    "purchase.refunded": EventKind.REFUND,
    "purchase.charged_back": EventKind.CHARGEBACK,
    "purchase.chargeback_reversed": EventKind.CHARGEBACK_REVERSED,
}
formats = FormatChecker(["ipv4", "ipv6"])


class StandardWebhooks(Partner):
    slug = "standard-webhooks"

    def is_wanted(self) -> bool:
        return bool(self.settings["secrets"])

    def problems(self) -> list[str]:
        return [
            f"STANDARD_WEBHOOKS_SECRETS: secret number {number} is not whsec_ and the base64 of {SHORTEST_KEY} bytes or more."
            for number, secret in enumerate(self.settings["secrets"], start=1)
            if not is_secret(secret)
        ]

    def receive(self, notice: Notice) -> Received:
        event_key = self._verified_id(notice)
        try:
            payload = without_card_data(decoded(notice.body))
            event_key = without_card_data(event_key)
        except TooDeep as error:
            raise Refused(f"The body is {error}.") from error
        check_against_schema(payload)
        return Received(self.event_of(payload, event_key), payload)

    def event_of(self, payload: dict[str, Any], event_key: str) -> Event:
        """Each kind is read for the fields that the schema gives it, and no others: those have not been looked at."""
        kind, data = KINDS[payload["type"]], payload["data"]
        is_order = kind == EventKind.PURCHASE
        lines = tuple((line_of if is_order else units_of)(line) for line in data.get("lines", []))
        if len({line.line_number for line in lines}) < len(lines):
            raise Refused("Two lines have the same line_number.")
        check_units(lines)
        return Event(
            kind=kind,
            event_key=event_key,
            raw_type=payload["type"],
            order_reference=data["order_reference"],
            occurred_at=moment(payload.get("timestamp")),
            test_mode=payload.get("test", False),
            lines=lines,
            **(order_of(data) if is_order else {}),
        )

    def _verified_id(self, notice: Notice) -> str:
        """The notification's id, if one of the secrets signed these very bytes just now."""
        event_id, timestamp, signatures = (notice.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        if not (event_id and timestamp and signatures):
            raise Refused("webhook-id, webhook-timestamp or webhook-signature is missing.", 401)
        if not re.fullmatch(r"[!-~]{1,200}", event_id):
            raise Refused("webhook-id is longer than 200 characters or not printable ASCII.")
        if not re.fullmatch(r"[0-9]{1,12}", timestamp):
            raise Refused("webhook-timestamp is not a number of seconds.")
        if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
            raise Refused(f"webhook-timestamp is more than {TOLERANCE_SECONDS} seconds away.", 401)
        signed = f"{event_id}.{timestamp}.".encode() + notice.body
        if not any_matches([signature(secret, signed) for secret in self.settings["secrets"]], signatures.split(" ")):
            raise Refused("No signature in webhook-signature is by one of STANDARD_WEBHOOKS_SECRETS.", 401)
        return event_id


def key_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def is_secret(secret: str) -> bool:
    try:
        return len(key_of(secret)) >= SHORTEST_KEY
    except (binascii.Error, ValueError):
        return False


def signature(secret: str, signed: bytes) -> str:
    """The signature by one secret, as it stands in the header."""
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def any_matches(expected: list[str], offered: list[str]) -> bool:
    """Whether one is among the other; every pair is compared, in constant time."""
    matches = [hmac.compare_digest(ours.encode(), theirs.encode()) for ours in expected for theirs in offered]
    return any(matches)


def decoded(body: bytes) -> Any:
    """The body as JSON of finite numbers; Refused if it is not."""
    try:
        return json.loads(body.decode(), parse_constant=not_finite, parse_float=finite)
    except (ValueError, RecursionError) as error:
        raise Refused("The body is not JSON in UTF-8.") from error


def finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else not_finite(text)


def not_finite(text: str) -> NoReturn:
    raise ValueError("not a finite number")


def check_against_schema(payload: Any) -> None:
    """Hold the payload to the published schema. The reason names place and rule, and never what stood there."""
    error = next(validator().iter_errors(payload), None)
    if error:
        raise Refused(f"{error.json_path} breaks the rule {error.validator!r} of docs/purchase.schema.json.")


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text()), format_checker=formats)


@formats.checks("email")
def is_address(value: object) -> bool:
    """Formats of other types than text are the schema's business."""
    return not isinstance(value, str) or is_email(value)


@formats.checks("date-time", raises=ValueError)
def is_moment(value: object) -> bool:
    return not isinstance(value, str) or moment(value) is not None


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.upper()) if text else None


def amount(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def order_of(data: dict[str, Any]) -> dict[str, Any]:
    """What a purchase says of the order as a whole."""
    return {
        "purchased_at": moment(data["purchased_at"]),
        "currency": data.get("currency", ""),
        "total": amount(data.get("total")),
        "buyer": buyer_of(data["buyer"]),
        "ip": data.get("ip"),
    }


def buyer_of(data: dict[str, Any]) -> Contact:
    return Contact(**{name: data[name].strip() for name in Contact.__dataclass_fields__ if name in data})


def line_of(data: dict[str, Any]) -> OrderLine:
    """A line of a purchase."""
    return OrderLine(
        line_number=int(data["line_number"]),
        quantity=int(data["quantity"]),
        product_code=data["product_code"].strip(),
        product_name=data.get("product_name", ""),
        unit_price=amount(data.get("unit_price")),
        delivery_option=data.get("delivery_option", ""),
    )


def units_of(data: dict[str, Any]) -> OrderLine:
    """A line of a reversal: without a quantity it is the whole line."""
    return OrderLine(line_number=int(data["line_number"]), quantity=int(data["quantity"]) if "quantity" in data else None)
