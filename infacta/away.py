"""Whether what went wrong is a part that is away, the database or room on the disk: nobody's fault, told once a minute, and over by itself.

`docs/failures.md` says what everybody sees meanwhile.
"""

import errno
import logging
import re
import time
from collections.abc import Iterator

from django.db import InterfaceError, OperationalError
from django.db.utils import InternalError

DATABASE, DISK = "database", "disk"
FULL = (errno.ENOSPC, errno.EDQUOT)
PAUSE = 60
"""Seconds in which a process says of a part once that it is away."""

SENTENCES = {
    DATABASE: "The database is away (%s): requests that need it are answered with 503, and work waits, until it is back.",
    DISK: "The disk is full (%s): what would be kept is refused with 503 until there is room.",
}
NOT_THERE = re.compile(r"08|57P0|53300|25006")
"""Classes and codes of PostgreSQL's errors (its appendix A): no connection, shut down or starting, too many connections, a standby that only reads."""
NO_ROOM = re.compile(r"53100")
SQLITE = {"SQLITE_BUSY": DATABASE, "SQLITE_LOCKED": DATABASE, "SQLITE_CANTOPEN": DATABASE, "SQLITE_IOERR": DATABASE, "SQLITE_FULL": DISK}

said: dict[str, float] = {}
"""When this process said last that a part is away."""


def part_away(error: BaseException | None) -> str:
    """DATABASE or DISK, if that is what this error comes of; "" if something else is wrong."""
    return next(filter(None, map(part_of, causes(error))), "")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__


def part_of(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno in FULL:
        return DISK
    if isinstance(error, InterfaceError):
        return DATABASE
    return part_of_database(error.__cause__) if isinstance(error, (OperationalError, InternalError)) else ""


def part_of_database(error: BaseException | None) -> str:
    """By what the driver says. psycopg2 has no code where the server itself could not be asked; what SQLite breaks on has a name."""
    if name := getattr(error, "sqlite_errorname", ""):
        return next((part for beginning, part in SQLITE.items() if name.startswith(beginning)), "")
    code = getattr(error, "pgcode", "") or ""
    if NO_ROOM.match(code):
        return DISK
    no_answer = not code and type(error).__name__ == "OperationalError"
    return DATABASE if no_answer or NOT_THERE.match(code) else ""


def say(part: str, error: BaseException, log: logging.Logger) -> None:
    """One line, once a minute in each process, with the kind of the error: its text may hold what somebody sent."""
    now = time.monotonic()
    if now - said.get(part, float("-inf")) >= PAUSE:
        said[part] = now
        log.error(SENTENCES[part], type(error).__name__)


class Quiet(logging.Filter):
    """For Django's own line and traceback of each failed request: of a part that is away there is one line a minute, from `say`."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.name == "django.request" and record.exc_info and part_away(record.exc_info[1]))
