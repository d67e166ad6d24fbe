"""Reading the fields of what a partner sent as JSON, or as a form: each is looked at before it counts, and a refusal names the field alone."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address

from accounts.contact import Contact
from privacy.card_data import TooDeep, without_card_data
from purchases.models import Purchase
from purchases.partners.base import Refused, is_email

LENGTHS = {field.name: field.max_length for field in Purchase._meta.concrete_fields}
LONGEST_REFERENCE = 70
SHORTEST_SECRET = 16
FURTHEST_AHEAD = timedelta(days=2)  # clocks and zones differ; a date beyond is none that anything happened on
Data = Mapping[str, Any]


def screened(value: Any) -> Any:
    """The value without card data; Refused if it is nested deeper than any partner's is."""
    try:
        return without_card_data(value)
    except TooDeep as error:
        raise Refused(f"The body is {error}.") from error


def mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"{name} is not an object.")
    return value


def part(data: Data, name: str) -> dict[str, Any]:
    """The object of this name; {} if there is none."""
    return mapping(data.get(name) or {}, name)


def parts(data: Data, name: str, most: int) -> list[Any]:
    """The list of this name; [] if there is none."""
    values = data.get(name) or []
    if not isinstance(values, list) or len(values) > most:
        raise Refused(f"{name} is not a list of {most} at most.")
    return values


def text(data: Data, name: str, most: int = 200) -> str:
    """The text of this name, cut to `most`; "" if there is none. Numbers are texts too."""
    value = data.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"{name} is not a text.")
    return str(value).strip()[:most].strip()


def reference(data: Data, name: str, most: int = LONGEST_REFERENCE) -> str:
    """What the partner names something by; "" if nothing is said."""
    value = text(data, name, most + 1)
    if not re.fullmatch(rf"[!-~ ]{{0,{most}}}", value):
        raise Refused(f"{name} is longer than {most} characters or not printable ASCII.")
    return value


def needed(value: str, name: str) -> str:
    if not value:
        raise Refused(f"{name} is missing.")
    return value


def whole_number(data: Data, name: str, most: int) -> int:
    """A number from 1 to `most`, in figures of any kind of JSON or form."""
    said = text(data, name, 20)
    if not re.fullmatch(r"[0-9]{1,9}(\.0)?", said) or not 0 < int(said.partition(".")[0]) <= most:
        raise Refused(f"{name} is not a whole number from 1 to {most}.")
    return int(said.partition(".")[0])


def flag(data: Data, name: str) -> bool:
    """Whether it is said to be so: JSON's true, or the word in a form."""
    value = data.get(name)
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def moment(data: Data, name: str) -> datetime | None:
    """A moment of ISO 8601, in UTC if it names no zone; None if nothing is said."""
    said = text(data, name, 60)
    if not said:
        return None
    try:
        happened = datetime.fromisoformat(said.upper())
        happened = happened if happened.tzinfo else happened.replace(tzinfo=UTC)
        known = datetime(1990, 1, 1, tzinfo=UTC) < happened < datetime.now(UTC) + FURTHEST_AHEAD
    except (ValueError, OverflowError) as error:
        raise Refused(f"{name} is not a moment of ISO 8601.") from error
    if not known:
        raise Refused(f"{name} is in the future, or long ago.")
    return happened


def needed_moment(data: Data, name: str) -> datetime:
    happened = moment(data, name)
    if happened is None:
        raise Refused(f"{name} is missing.")
    return happened


def ip_of(data: Data, name: str) -> str | None:
    """An IP address; None if there is none: no order is lost for it."""
    said = data.get(name)
    if not isinstance(said, str):
        return None
    try:
        validate_ipv46_address(said)
    except ValidationError:
        return None
    return str(ip_address(said))


def contact(email: str, **said: str) -> Contact:
    """The buyer, each part cut to what we can hold: partners publish no lengths."""
    if not is_email(email):
        raise Refused("The e-mail address of the buyer is none.")
    return Contact(email=email, **{name: value[: LENGTHS[name]] for name, value in said.items()})


def short_secrets(variable: str, secrets: Sequence[str]) -> list[str]:
    """A sentence for each secret that somebody could guess."""
    return [
        f"{variable}: secret number {number} is shorter than {SHORTEST_SECRET} characters."
        for number, secret in enumerate(secrets, start=1)
        if len(secret) < SHORTEST_SECRET
    ]
