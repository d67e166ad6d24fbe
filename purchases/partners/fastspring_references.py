"""What in FastSpring's events looks like a card number, and certainly is none: times, and the references of orders.

Times are thirteen figures since 1970, and a reference has fifteen (`FUR170801-8970-10118`: the shop, the day, two numbers). One in ten passes
the check of card numbers, and would be replaced by the screen (privacy/card_data.py), with which the customer's own number of the order were lost.
"""

import re
from datetime import UTC, datetime
from typing import Any

from purchases.partners.reading import mapping, reference

TIMES = ("created", "changed", "timestamp")
ORDERS = ("order", "original")
REFERENCES = ("reference", "initialOrderReference")
REFERENCE = re.compile(r"([A-Z]{2,4}([0-9]{6}))-([0-9]{4})-([0-9]{4,5}[A-Z]{0,2})")
FIRST_DAY, LAST_DAY = datetime(2010, 1, 1), datetime(2033, 12, 31)  # no card begins with such a day and has fifteen figures
Data = dict[str, Any]


def unmistakable(event: Data) -> Data:
    """The event with its times and references in a form that nobody can take for a card number.

    Only what stands under the name of a time or a reference, and looks like one, is written otherwise: the screen sees all else as it came.
    """
    data = with_plain_names(mapping(event.get("data") or {}, "data"))
    for name in ORDERS:
        if isinstance(data.get(name), dict):
            data[name] = with_plain_names(data[name])
    return with_plain_names(event) | {"data": data}


def with_plain_names(data: Data) -> Data:
    times = {name: as_moment(data[name]) for name in TIMES if name in data}
    references = {name: in_pieces(data[name]) for name in REFERENCES if name in data}
    return data | times | references


def as_moment(value: Any) -> Any:
    """Milliseconds since 1970, of this century, as ISO 8601; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int) or not 10**12 < value < 4 * 10**12:
        return value
    return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")


def in_pieces(value: Any) -> Any:
    """The reference of an order in its pieces, if it is one."""
    found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return [found[1], found[3], found[4]] if found and is_day(found[2]) else value


def is_day(figures: str) -> bool:
    try:
        return FIRST_DAY <= datetime.strptime(figures, "%y%m%d") <= LAST_DAY
    except ValueError:
        return False


def called(data: Data, name: str = "reference") -> str:
    """The reference, whole again; "" if there is none."""
    value = data.get(name)
    if isinstance(value, list):
        return reference({name: "-".join(str(piece) for piece in value[:3])}, name)
    return reference(data, name)
