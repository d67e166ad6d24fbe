"""What partners share that send JSON under a header of a time and signatures, as in `t=1700000000,v1=5257a8…` (Stripe, Paddle).

Each signature is the hex HMAC-SHA256 of the time, a sign and the raw body. Several secrets and several signatures may count at once.
Whatever is read from the JSON is read through the functions here: what is not of the expected kind is Refused, by the field's name.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts.contact import Contact
from privacy.card_data import TooDeep, without_card_data
from purchases.models import Purchase
from purchases.partners import own_format
from purchases.partners.base import Notice, Refused, is_email

LONGEST_ORDER_REFERENCE = 70
LARGEST_AMOUNT = Decimal("9999999999.99")
CENT = Decimal("0.01")
YEARS = range(1990, 2100)
LENGTHS = {field.name: field.max_length for field in Purchase._meta.concrete_fields}

Said = Mapping[str, Any]


@dataclass(frozen=True)
class Scheme:
    """How a partner writes its header: `separator` stands between its parts, `joint` between time and body in what is signed."""

    header: str
    time_name: str
    signature_name: str
    separator: str
    joint: str

    def signer(self, notice: Notice, secrets: Sequence[str], tolerance: float) -> str:
        """The secret that signed these very bytes within `tolerance` seconds of now; Refused if none did.

        A time that is still to come is refused as well: whoever can ask for signatures in advance shall not be able to store them.
        """
        header = notice.headers.get(self.header, "")
        if not header:
            raise Refused(f"{self.header} is missing.", 401)
        timestamp, offered = self.parsed(header)
        if abs(time.time() - int(timestamp)) > tolerance:
            raise Refused(f"The time in {self.header} is more than {tolerance:g} seconds away.", 401)
        signed = f"{timestamp}{self.joint}".encode() + notice.body
        matching = [secret for secret in secrets if is_among(signature(secret, signed), offered)]
        if not matching:
            raise Refused(f"No signature in {self.header} is by one of the secrets.", 401)
        return matching[0]

    def parsed(self, header: str) -> tuple[str, list[str]]:
        """The time and the signatures; parts of other names are of versions that do not count."""
        pairs = [part.strip().partition("=") for part in header.split(self.separator)]
        times = [value for name, _is, value in pairs if name == self.time_name]
        offered = [value for name, _is, value in pairs if name == self.signature_name]
        if len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]):
            raise Refused(f"{self.header} does not say once when it was signed, in seconds.")
        if not offered:
            raise Refused(f"{self.header} has no {self.signature_name}.")
        return times[0], offered


def signature(secret: str, signed: bytes) -> str:
    return hmac.digest(secret.encode(), signed, hashlib.sha256).hex()


def is_among(expected: str, offered: Sequence[str]) -> bool:
    """Whether one of them is the expected one; each is compared, in constant time."""
    matches = [hmac.compare_digest(expected.encode(), theirs.encode(errors="replace")) for theirs in offered]
    return any(matches)


def decoded(body: bytes) -> dict[str, Any]:
    """The body as an object of JSON; Refused if it is none."""
    payload = own_format.decoded(body)
    if not isinstance(payload, dict):
        raise Refused("The body is no JSON object.")
    return payload


def screened(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload without card data (promise G5)."""
    try:
        return without_card_data(payload)
    except TooDeep as error:
        raise Refused(f"The body is {error}.") from error


def part(said: Said, name: str) -> Said:
    """An object within; an empty one where nothing is said."""
    value = said.get(name)
    if value is not None and not isinstance(value, dict):
        raise Refused(f"{name} is no object.")
    return value or {}


def parts(said: Said, name: str) -> list[Said]:
    """A list of objects within."""
    value = said.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refused(f"{name} is no list of objects.")
    return value


def word(said: Said, name: str, longest: int = LONGEST_ORDER_REFERENCE, needed: bool = False) -> str:
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


def currency_of(said: Said, name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{3}", value):
        raise Refused(f"{name} is not three letters.")
    return value.upper()


def amount(said: Said, name: str, decimals: int) -> Decimal | None:
    """An amount in minor units, a number or (as Paddle writes it) a text of digits, as we keep it; None where nothing is said.

    We keep two decimals. A third one is rounded, here for purchases and refunds alike, so that both can be compared.
    """
    value = said.get(name)
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**15:
        raise Refused(f"{name} is not an amount in minor units.")
    found = Decimal(value).scaleb(-decimals).quantize(CENT)
    if found > LARGEST_AMOUNT:
        raise Refused(f"{name} is more than ten digits.")
    return found


def seconds(said: Said, name: str) -> datetime:
    """A time in seconds since 1970."""
    return in_known_year(datetime.fromtimestamp(whole(said, name, 0, 10**10), UTC), name)


def moment(said: Said, name: str) -> datetime | None:
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


def contact(found: Mapping[str, str]) -> Contact | None:
    """The buyer, if there is an address to write to."""
    return Contact(**found) if "email" in found else None
