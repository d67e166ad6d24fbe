"""The log of erasures, outside of the database: who was erased stays erased when a backup of the database is restored (infacta/file_log.py).

A line holds what is needed to find the person again and nothing else: the number of the account, keyed digests of the addresses, the number of the
request and of the receipt, which are random, and the time. Nobody reads an address from it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.addresses import address_key
from infacta.file_log import NONE, Behind, FileLog, LogLost

__all__ = [
    "NONE",
    "Behind",
    "Entry",
    "LogLost",
    "append",
    "begin_anew",
    "digests_of",
    "is_begun",
    "newest_first",
    "oldest_first",
    "place",
    "reached",
]

SALT = "rights.erasures"


@dataclass(frozen=True)
class Entry:
    """One erasure; `account` is None for a person without one."""

    number: str
    account: int | None
    digests: tuple[str, ...]
    asked_at: datetime
    closed_at: datetime
    receipt: str = ""
    sequence: int = NONE


MOMENTS = ("asked_at", "closed_at")


def append(entry: Entry, known: int) -> Entry:
    """Write it behind the last line; `known` is the highest number that the database has. LogLost, OSError."""
    return LINES.append([entry], known, lambda one, sequence: replace(one, sequence=sequence))[0]


def digests_of(addresses: Iterable[str], secret: str | None = None) -> tuple[str, ...]:
    """What finds the addresses again, and leads nobody to them without the site's key."""
    keys = sorted({address_key(address) for address in addresses})
    return tuple(salted_hmac(SALT, key, secret, algorithm="sha256").hexdigest() for key in keys)


def secrets() -> Sequence[str]:
    """The present key and its predecessors: what was logged under one of them is found still."""
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def line_of(entry: Entry) -> bytes:
    return json.dumps(asdict(entry), default=lambda moment: moment.isoformat(), separators=(",", ":")).encode() + b"\n"


def entry_in(line: bytes) -> Entry | None:
    """None for what is no line of ours, such as one that was cut off. Of a log that was begun anew, an entry without a number."""
    try:
        values = json.loads(line)
        if type(values["sequence"]) is not int:
            return None
        if values.pop("begun_anew", False):
            values |= {"number": "", "account": None, "digests": []} | dict.fromkeys(MOMENTS, datetime.min.isoformat())
        values |= {name: datetime.fromisoformat(values[name]) for name in MOMENTS}
        return Entry(**values | {"digests": tuple(values["digests"])})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def place() -> Path:
    return Path(settings.ERASURES_LOG)


LINES: FileLog[Entry] = FileLog(place, line_of, entry_in)
begin_anew, is_begun, oldest_first, newest_first = LINES.begin_anew, LINES.is_begun, LINES.oldest_first, LINES.newest_first
reached = LINES.reached
