"""Forms and queries as partners of earlier years send them: characters that nobody declares, names in any case, amounts and dates as people write them.

What is read here is free of card data already. Every refusal names the field, and never what stood in it.
"""

import codecs
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from accounts.contact import Contact
from infacta.character_sets import ADMITTED
from purchases.partners.base import MOST_UNITS, Refused, is_email
from purchases.partners.reading import FURTHEST_AHEAD, LENGTHS

MOST_FIELDS = 500


def form_of(raw: bytes, charset: str = "", most: int = MOST_FIELDS) -> dict[str, str]:
    """The form, by names as they are compared; a name that says two things says nothing. Refused if it has more than `most` fields."""
    form: dict[str, str] = {}
    for name, text in pairs_in(raw, charset, most):
        put(form, name.casefold(), text)
    return form


def pairs_in(raw: bytes, charset: str = "", most: int = MOST_FIELDS) -> list[tuple[str, str]]:
    """Names and values as they stand there. Without a character set it is UTF-8 if it can be, and else Windows-1252."""
    try:
        pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=most, encoding="latin-1")
    except ValueError as error:
        raise Refused(f"The form has more than {most} fields.") from error
    spelled = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    charset = known_charset(charset) or charset_of(b"".join(part for pair in spelled for part in pair))
    return [(name.decode(charset, "replace").strip(), value.decode(charset, "replace").strip()) for name, value in spelled]


def put(form: dict[str, Any], name: str, value: str) -> None:
    if form.setdefault(name, value) != value:
        raise Refused("A name stands in the form twice, with different values.")


def known_charset(name: str) -> str:
    """Python's name of a character set that partners may send in; "" for any other word."""
    try:
        found = codecs.lookup(name.strip() or "none").name
    except (LookupError, ValueError):
        return ""
    # Whoever says Latin-1 means Windows-1252, as on the Web (WHATWG Encoding, 4.2).
    return {"iso8859-1": "cp1252", "ascii": "cp1252"}.get(found, found) if found in ADMITTED else ""


def charset_of(text: bytes) -> str:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def reference_in(form: Mapping[str, str], name: str, needed: bool = True) -> str:
    value = form.get(name, "")
    if not re.fullmatch(r"[!-~ ]{0,70}", value) or (needed and not value):
        raise Refused(f"{name} is missing, longer than 70 characters or not printable ASCII.")
    return value


def product_code_in(form: Mapping[str, str], name: str) -> str:
    code = form.get(name, "")
    if not 0 < len(code) <= 100:
        raise Refused(f"{name} is missing or longer than 100 characters.")
    return code


def quantity_of(text: str, name: str) -> int:
    """A number of units; 1 if nothing is said."""
    if not text:
        return 1
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 0 < int(text) <= MOST_UNITS:
        raise Refused(f"{name} is not a whole number from 1 to {MOST_UNITS}.")
    return int(text)


def amount_of(text: str, name: str, separator: str = ".") -> Decimal | None:
    """An amount, with or without signs of currency and of thousands; without its minus. None if nothing is said."""
    if not text:
        return None
    bare = re.sub(r"[^0-9.,]", "", text[:40])
    bare = bare.replace("." if separator == "," else ",", "").replace(separator, ".")
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,2})?", bare):
        raise Refused(f"{name} is not an amount of at most ten digits and two decimals.")
    return Decimal(bare)


def moment_of(text: str, name: str, pattern: str, offset: timedelta = timedelta(0)) -> datetime:
    """The moment that a text of this pattern (as of `strptime`) tells, `offset` ahead of UTC unless it says so itself."""
    try:
        moment = datetime.strptime(text, pattern)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone(offset))
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, re.error) as error:
        raise Refused(f"{name} is no date of the form {pattern}.") from error
    if moment.year < 1990 or moment > datetime.now(UTC) + FURTHEST_AHEAD:
        raise Refused(f"{name} is a date before 1990 or one to come.")
    return moment


def contact_of(email: str, name: str, parts: Mapping[str, str]) -> Contact:
    """The buyer, each part cut to what we can hold: these partners publish no lengths. `name` is the field of the address."""
    if not is_email(email):
        raise Refused(f"{name} is not an e-mail address.")
    return Contact(email=email, **{part: text[: LENGTHS[part]].strip() for part, text in parts.items()})


def joined(form: Mapping[str, str], *names: str) -> str:
    return " ".join(filter(None, (form.get(name, "") for name in names)))
