"""Mails about faults, to whoever runs the site: what broke and where, and nothing of the request but its id and the route's name.

They go past the mailroom and the database, for either may be what broke; and never does a fault of theirs become one of the site.
"""

import fcntl
import logging
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.log import AdminEmailHandler

from infacta.log_lines import message_of, of_exception

PAUSE = 3600.0  # seconds between two mails of one fault
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def place_of(traceback: TracebackType | None) -> str:
    """File and line of the innermost frame."""
    place = ""
    while traceback:
        place = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def fingerprint(raised: ExceptionInfo) -> str:
    """The same for the same error at the same place, whoever met it."""
    return sha256(f"{raised[0].__module__}.{raised[0].__qualname__} {place_of(raised[2])}".encode()).hexdigest()[:16]


@dataclass
class Tally:
    """When a fault was mailed last, and how often it was met since: in a file, for all processes of this host, or in memory where no file can be."""

    folder: Path
    remembered: dict[str, tuple[float, int]]

    def admit(self, fault: str, now: float) -> int | None:
        """How many were passed over since the last mail, if it is time for another one; None if it is not."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / fault).open("a+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                last, count = self.read(file.read())
                admitted, last, count = self.counted(last, count, now)
                file.truncate(0)
                file.write(f"{last} {count}")
        except OSError:
            admitted, *self_kept = self.counted(*self.remembered.get(fault, (0.0, 0)), now)
            self.remembered[fault] = (self_kept[0], int(self_kept[1]))
        return admitted

    def read(self, text: str) -> tuple[float, int]:
        last, _, count = text.partition(" ")
        try:
            return float(last), int(count)
        except ValueError:
            return 0.0, 0

    def counted(self, last: float, count: int, now: float) -> tuple[int | None, float, int]:
        if last <= now < last + PAUSE:
            return None, last, count + 1
        return count, now, 0


class ErrorMailHandler(AdminEmailHandler):
    """Django's, but for what it writes: it would show the request, its form and its cookies, and the local variables of every frame."""

    def __init__(self) -> None:
        super().__init__(include_html=False)
        self.remembered: dict[str, tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        try:
            raised = record.exc_info
            if not raised or not raised[0]:
                return
            passed_over = Tally(settings.ERROR_MAILS_DIR, self.remembered).admit(fingerprint(raised), time.time())
            if passed_over is not None:
                subject = f"[{settings.SITE_NAME}] {raised[0].__name__} in {self.where(record)}"
                self.send_mail(self.format_subject(subject), self.body(record, raised, passed_over))
        except Exception:
            self.handleError(record)

    def where(self, record: logging.LogRecord) -> str:
        return getattr(record, "view", "") or getattr(record, "task", "") or record.name

    def body(self, record: logging.LogRecord, raised: ExceptionInfo, passed_over: int) -> str:
        told = of_exception(logging.Formatter().formatException(raised))
        return (
            f"{message_of(record)}\n\n"
            f"Where: {self.where(record)}\n"
            f"Number of the request or task: {getattr(record, 'request_id', '-')}; the log's lines have it too\n"
            f"The same fault since the last mail about it: {passed_over} times. The next mail comes in an hour at the earliest.\n\n"
            f"{told}\n"
        )

    def send_mail(self, subject: Any, message: Any, *args: Any, **kwargs: Any) -> None:
        """In a thread of its own: a relay that hangs must hold nobody up."""
        Thread(target=self.send, args=(subject, message), name="error-mail").start()

    def send(self, subject: str, message: str) -> None:
        try:
            EmailMessage(subject, message, None, settings.ERROR_MAIL_TO).send()
        except Exception:  # not to the log, which would mail it; the fault itself stands there already
            return
