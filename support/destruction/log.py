"""The log of destructions, outside of the database: what was destroyed stays destroyed when a backup of the database is restored.

One JSON object a line, only ever appended, by all hosts into the same file: `flock` puts them in a row, and each line has the number after the
last one's. A line that a crash cut off is ended by the next writer and skipped by every reader; nothing was committed on its strength.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from support.models import Destruction
from support.vault.keyring import sync

CHUNK = 64 * 1024
NONE = 0


class LogLost(Exception):
    """The database knows of more than the log: it is another file than before, or an older one."""


class Behind(Exception):
    """The log names destructions of which the database knows nothing: a backup was restored, and nobody has replayed them."""


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
    """Write them behind the last line, and return them with their numbers. They are on the disk when this returns.

    `known` is the highest number that the database has: LogLost if the log does not reach so far. OSError.
    """
    path = place()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not path.exists()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "rb+", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = next(newest_first(), None)
        reached = last.sequence if last else NONE
        if reached < known:
            raise LogLost
        numbered = [replace(entry, sequence=reached + number) for number, entry in enumerate(entries, 1)]
        write(file, b"".join(map(line_of, numbered)))
    if is_new:
        sync(path.parent)
    return numbered


def write(file: Any, lines: bytes) -> None:
    """Behind a line that was cut off it begins a new one. What cannot be written whole is no line, for its end is missing."""
    if size := file.seek(0, os.SEEK_END):
        file.seek(size - 1)
        if file.read(1) != b"\n":
            lines = b"\n" + lines
    while lines:
        lines = lines[file.write(lines) :]
    os.fsync(file.fileno())


def begin_anew(sequence: int) -> None:
    """A log that is lost goes on behind this number, so that what comes now is not taken for what was before."""
    path = place()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "rb+", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write(file, json.dumps({"sequence": sequence, "begun_anew": True}).encode() + b"\n")
    sync(path.parent)


def is_begun() -> bool:
    """Whether there is a line in it; True also for one that cannot be read."""
    try:
        return next(newest_first(), None) is not None
    except OSError:
        return True


def oldest_first() -> Iterator[Entry]:
    if place().exists():
        with place().open("rb") as file:
            yield from filter(None, map(entry_in, file))


def newest_first() -> Iterator[Entry]:
    """From the end of the file, a piece at a time: however long it is, its end is found at once."""
    try:
        file = place().open("rb")
    except FileNotFoundError:
        return
    with file:
        at, rest = file.seek(0, os.SEEK_END), b""
        while at:
            size = min(CHUNK, at)
            at -= size
            file.seek(at)
            first, *lines = (file.read(size) + rest).split(b"\n")
            yield from filter(None, map(entry_in, reversed(lines)))
            rest = first
        if entry := entry_in(rest):
            yield entry


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
