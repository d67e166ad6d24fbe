"""Reading the fields of what a partner sent as JSON, or as a form: each is looked at before it counts, and a refusal names the field alone.

Two kinds of partners are read here. Some write numbers as texts and leave zones out: `text`, `reference`, `whole_number`, `flag`, `moment`,
`contact`. Others publish types and keep to them (Stripe, Paddle): `word`, `whole`, `truth`, `seconds`, `exact_moment`, `told_contact`.
"""

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
from purchases.partners import own_format
from purchases.partners.base import MOST_LINES, Refused, is_email

LENGTHS = {field.name: field.max_length for field in Purchase._meta.concrete_fields}
LONGEST_REFERENCE = 70
SHORTEST_SECRET = 16
FURTHEST_AHEAD = timedelta(days=2)  # clocks and zones differ; a date beyond is none that anything happened on
YEARS = range(1990, 2100)  # of clocks that partners put ahead to try renewals
Said = Mapping[str, Any]


def screened(value: Any) -> Any:
    """The value without card data; Refused if it is nested deeper than any partner's is."""
    try:
        return without_card_data(value)
    except TooDeep as error:
        raise Refused(f"The body is {error}.") from error


def decoded(body: bytes) -> dict[str, Any]:
    """The body as an object of JSON; Refused if it is none."""
    return mapping(own_format.decoded(body), "The body")


def mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"{name} is not an object.")
    return value


def part(said: Said, name: str) -> dict[str, Any]:
    """The object of this name; {} where nothing is said."""
    value = said.get(name)
    return {} if value is None else mapping(value, name)


def listed(said: Said, name: str, most: int = MOST_LINES) -> list[Any]:
    """The list of this name, whatever is in it; [] where nothing is said."""
    value = said.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most:
        raise Refused(f"{name} is not a list of {most} at most.")
    return value


def parts(said: Said, name: str, most: int = MOST_LINES) -> list[dict[str, Any]]:
    """The list of objects of this name."""
    items = listed(said, name, most)
    if not all(isinstance(item, dict) for item in items):
        raise Refused(f"{name} is not a list of objects.")
    return items


def text(said: Said, name: str, most: int = 200) -> str:
    """The text of this name, cut to `most`; "" if there is none. Numbers are texts too."""
    value = said.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"{name} is not a text.")
    return str(value).strip()[:most].strip()


def reference(said: Said, name: str, most: int = LONGEST_REFERENCE) -> str:
    """What the partner names something by; "" if nothing is said."""
    value = text(said, name, most + 1)
    if not re.fullmatch(rf"[!-~ ]{{0,{most}}}", value):
        raise Refused(f"{name} is longer than {most} characters or not printable ASCII.")
    return value


def needed(value: str, name: str) -> str:
    if not value:
        raise Refused(f"{name} is missing.")
    return value


def whole_number(said: Said, name: str, most: int) -> int:
    """A number from 1 to `most`, in figures of any kind of JSON or form."""
    written = text(said, name, 20)
    if not re.fullmatch(r"[0-9]{1,9}(\.0)?", written) or not 0 < int(written.partition(".")[0]) <= most:
        raise Refused(f"{name} is not a whole number from 1 to {most}.")
    return int(written.partition(".")[0])


def flag(said: Said, name: str) -> bool:
    """Whether it is said to be so: JSON's true, or the word in a form."""
    value = said.get(name)
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def moment(said: Said, name: str) -> datetime | None:
    """A moment of ISO 8601, in UTC if it names no zone; None if nothing is said."""
    written = text(said, name, 60)
    if not written:
        return None
    try:
        happened = datetime.fromisoformat(written.upper())
        happened = happened if happened.tzinfo else happened.replace(tzinfo=UTC)
        known = datetime(1990, 1, 1, tzinfo=UTC) < happened < datetime.now(UTC) + FURTHEST_AHEAD
    except (ValueError, OverflowError) as error:
        raise Refused(f"{name} is not a moment of ISO 8601.") from error
    if not known:
        raise Refused(f"{name} is in the future, or long ago.")
    return happened


def needed_moment(said: Said, name: str) -> datetime:
    happened = moment(said, name)
    if happened is None:
        raise Refused(f"{name} is missing.")
    return happened


def ip_of(said: Said, name: str) -> str | None:
    """An IP address; None if there is none: no order is lost for it."""
    written = said.get(name)
    if not isinstance(written, str):
        return None
    try:
        validate_ipv46_address(written)
    except ValidationError:
        return None
    return str(ip_address(written))


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


def word(said: Said, name: str, longest: int = LONGEST_REFERENCE, needed: bool = False) -> str:
    """A reference, a code, a type: printable ASCII without spaces; "" where nothing is said, unless it is needed."""
    value = said.get(name)
    if value in (None, "") and not needed:
        return ""
    if not isinstance(value, str) or not re.fullmatch(rf"[!-~]{{1,{longest}}}", value):
        raise Refused(f"{name} is not 1 to {longest} printable characters of ASCII.")
    return value


def words(*found: str) -> tuple[str, ...]:
    """Those that say something, each once."""
    return tuple(dict.fromkeys(filter(None, found)))


def whole(said: Said, name: str, least: int, most: int) -> int:
    """A whole number of JSON."""
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refused(f"{name} is not a whole number from {least} to {most}.")
    return value


def truth(said: Said, name: str) -> bool:
    value = said.get(name)
    if not isinstance(value, bool):
        raise Refused(f"{name} is neither true nor false.")
    return value


def seconds(said: Said, name: str) -> datetime:
    """A time in seconds since 1970."""
    return in_known_year(datetime.fromtimestamp(whole(said, name, 0, 10**10), UTC), name)


def exact_moment(said: Said, name: str) -> datetime | None:
    """A time as in 2026-01-02T03:04:05.678901Z; None where nothing is said."""
    value = said.get(name)
    if value is None:
        return None
    try:
        found = own_format.moment(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refused(f"{name} is not a time like 2026-01-02T03:04:05Z.")
    return in_known_year(found, name)


def in_known_year(found: datetime, name: str) -> datetime:
    if found.year not in YEARS:
        raise Refused(f"{name} is in no year that we know.")
    return found


def contact_parts(**said: Any) -> dict[str, str]:
    """Contact data by the names of `Contact`, each cut to what we can hold; what is no text says nothing, and neither does a bad address."""
    texts = {name: value.strip() for name, value in said.items() if isinstance(value, str)}
    if not is_email(texts.get("email", "")):
        texts.pop("email", None)  # never cut: what is left would be somebody else's
    return {name: text[: LENGTHS[name]] for name, text in texts.items() if text}


def told_contact(found: Mapping[str, str]) -> Contact | None:
    """The buyer, if there is an address to write to."""
    return Contact(**found) if "email" in found else None
