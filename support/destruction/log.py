"""The log of destructions, outside of the database: what was destroyed stays destroyed when a backup of the database is restored (infacta/file_log.py)."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from infacta.file_log import NONE, Behind, FileLog, LogLost
from support.models import Destruction

__all__ = ["NONE", "Behind", "Entry", "LogLost", "append", "begin_anew", "is_begun", "newest_first", "oldest_first", "place"]


@dataclass(frozen=True)
class Entry:
    """A destruction, as its receipt tells of it, and the name of the key with which its case is found again. `sequence` counts lines."""

    key_name: str
    number: str
    trigger: str
    due_at: datetime
    begun_at: datetime
    destroyed_at: datetime
    messages: int = 0
    files: int = 0
    bytes: int = 0
    manifest_digest: str = ""
    backups_clear_on: date | None = None
    sequence: int = NONE

    @classmethod
    def of(cls, record: Destruction, key_name: str) -> "Entry":
        """What is told of a destruction at the moment at which it is done."""
        told = {name: getattr(record, name) for name in TOLD}
        return cls(key_name=key_name, **told)

    @property
    def told(self) -> dict[str, Any]:
        """The fields of the record."""
        return {name: getattr(self, name) for name in TOLD}


TOLD = (
    *("number", "trigger", "due_at", "begun_at", "destroyed_at", "messages", "files", "bytes", "manifest_digest"),
    "backups_clear_on",
)
MOMENTS = ("due_at", "begun_at", "destroyed_at")


def append(entries: Sequence[Entry], known: int) -> list[Entry]:
    """Write them behind the last line, and return them with their numbers. `known` is the highest number that the database has. LogLost, OSError."""
    return LINES.append(entries, known, lambda entry, sequence: replace(entry, sequence=sequence))


def line_of(entry: Entry) -> bytes:
    return json.dumps(asdict(entry), default=lambda moment: moment.isoformat(), separators=(",", ":")).encode() + b"\n"


def entry_in(line: bytes) -> Entry | None:
    """None for what is no line of ours, such as one that was cut off. Of a log that was begun anew, an entry without names."""
    try:
        values = json.loads(line)
        if type(values["sequence"]) is not int:
            return None
        if values.pop("begun_anew", False):
            values |= {"key_name": "", "number": "", "trigger": ""} | dict.fromkeys(MOMENTS, datetime.min.isoformat())
        values |= {name: datetime.fromisoformat(values[name]) for name in MOMENTS}
        day = values.get("backups_clear_on")
        return Entry(**values | {"backups_clear_on": date.fromisoformat(day) if day else None})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def place() -> Path:
    return Path(settings.DESTRUCTIONS_LOG)


LINES: FileLog[Entry] = FileLog(place, line_of, entry_in)
begin_anew, is_begun, oldest_first, newest_first = LINES.begin_anew, LINES.is_begun, LINES.oldest_first, LINES.newest_first
