"""The site's own format: a purchase as JSON (docs/purchase.schema.json). Partners send it signed (standard_webhooks), and order mails, imports and
repairs are written in it."""

import json
import math
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn

from django.conf import settings
from jsonschema import Draft202012Validator, FormatChecker

from accounts.contact import Contact
from purchases.models import EventKind
from purchases.partners.base import Event, OrderLine, Refused, check_units, is_email

SCHEMA = settings.BASE_DIR / "docs" / "purchase.schema.json"
KINDS = {
    "purchase.completed": EventKind.PURCHASE,
    "purchase.renewed": EventKind.RENEWAL,
    "purchase.refunded": EventKind.REFUND,
    "purchase.refund_reversed": EventKind.REFUND_REVERSED,
    "purchase.charged_back": EventKind.CHARGEBACK,
    "purchase.chargeback_reversed": EventKind.CHARGEBACK_REVERSED,
}
formats = FormatChecker(["ipv4", "ipv6"])


def read(payload: Any, event_key: str) -> Event:
    """The event of a payload that nobody has looked at yet; Refused if it breaks the schema."""
    check_against_schema(payload)
    return event_of(payload, event_key)


def event_of(payload: dict[str, Any], event_key: str) -> Event:
    """Each kind is read for the fields that the schema gives it, and no others: those have not been looked at."""
    kind, data = KINDS[payload["type"]], payload["data"]
    is_order = kind == EventKind.PURCHASE
    lines = tuple((line_of if is_order else units_of)(line) for line in data.get("lines", []))
    if len({line.line_number for line in lines}) < len(lines):
        raise Refused("Two lines have the same line_number.")
    check_units(lines)
    more = order_of(data) if is_order else renewal_of(data) if kind == EventKind.RENEWAL else returned_of(data)
    return Event(
        kind=kind,
        event_key=event_key,
        raw_type=payload["type"],
        order_reference=data["order_reference"],
        occurred_at=moment(payload.get("timestamp")),
        test_mode=payload.get("test", False),
        lines=lines,
        **more,
    )


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
        "join_references": tuple(data.get("references", ())),
    }


def renewal_of(data: dict[str, Any]) -> dict[str, Any]:
    """What a renewal says of itself; the buyer is the first order's."""
    return {
        "parent_order_reference": data["renews"],
        "join_references": tuple(data.get("references", ())),
        "purchased_at": moment(data["purchased_at"]),
        "currency": data.get("currency", ""),
        "total": amount(data.get("total")),
    }


def returned_of(data: dict[str, Any]) -> dict[str, Any]:
    """How much money a reversal returned, if it says that and names no units: less than the price is for staff to decide."""
    if "returned" not in data or "lines" in data:
        return {}
    return {"total": amount(data["returned"]), "currency": data.get("currency", ""), "tells_money_alone": True}


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
