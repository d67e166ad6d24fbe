"""A log outside of the database, for what a restored backup must not bring back: one JSON object a line, only ever appended, by all hosts into the
same file.

`flock` puts the writers in a row, and each line has the number after the last one's. A line that a crash cut off is ended by the next writer and
skipped by every reader; nothing was committed on its strength.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

CHUNK = 64 * 1024
NONE = 0


class LogLost(Exception):
    """The database knows of more than the log: it is another file than before, or an older one."""


class Behind(Exception):
    """The log names something of which the database knows nothing: a backup was restored, and nobody has replayed the log."""


class Numbered(Protocol):
    @property
    def sequence(self) -> int: ...


Entry = TypeVar("Entry", bound=Numbered)


class FileLog(Generic[Entry]):
    """`place` tells where the file lies; `line_of` writes an entry under a number, and `entry_in` reads a line: None for what is none of ours."""

    def __init__(self, place: Callable[[], Path], line_of: Callable[[Entry], bytes], entry_in: Callable[[bytes], Entry | None]) -> None:
        self.place, self.line_of, self.entry_in = place, line_of, entry_in

    def append(self, entries: Sequence[Entry], known: int, numbered: Callable[[Entry, int], Entry]) -> list[Entry]:
        """Write them behind the last line, and return them with their numbers. They are on the disk when this returns.

        `known` is the highest number that the database has: LogLost if the log does not reach so far. OSError.
        """
        path = self.place()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not path.exists()
        with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "rb+", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            reached = self.reached()
            if reached < known:
                raise LogLost
            written = [numbered(entry, reached + number) for number, entry in enumerate(entries, 1)]
            write(file, b"".join(map(self.line_of, written)))
        if is_new:
            sync(path.parent)
        return written

    def begin_anew(self, sequence: int) -> None:
        """A log that is lost goes on behind this number, so that what comes now is not taken for what was before."""
        path = self.place()
        with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "rb+", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            write(file, json.dumps({"sequence": sequence, "begun_anew": True}).encode() + b"\n")
        sync(path.parent)

    def reached(self) -> int:
        """The number of the last line; NONE if there is none. OSError."""
        last = next(self.newest_first(), None)
        return last.sequence if last else NONE

    def is_begun(self) -> bool:
        """Whether there is a line in it; True also for one that cannot be read."""
        try:
            return next(self.newest_first(), None) is not None
        except OSError:
            return True

    def oldest_first(self) -> Iterator[Entry]:
        if self.place().exists():
            with self.place().open("rb") as file:
                yield from filter(None, map(self.entry_in, file))

    def newest_first(self) -> Iterator[Entry]:
        """From the end of the file, a piece at a time: however long it is, its end is found at once."""
        try:
            file = self.place().open("rb")
        except FileNotFoundError:
            return
        with file:
            at, rest = file.seek(0, os.SEEK_END), b""
            while at:
                size = min(CHUNK, at)
                at -= size
                file.seek(at)
                first, *lines = (file.read(size) + rest).split(b"\n")
                yield from filter(None, map(self.entry_in, reversed(lines)))
                rest = first
            if entry := self.entry_in(rest):
                yield entry


def write(file: Any, lines: bytes) -> None:
    """Behind a line that was cut off it begins a new one. What cannot be written whole is no line, for its end is missing."""
    if size := file.seek(0, os.SEEK_END):
        file.seek(size - 1)
        if file.read(1) != b"\n":
            lines = b"\n" + lines
    while lines:
        lines = lines[file.write(lines) :]
    os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """What was made or removed in the folder is so on the disk too. OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
