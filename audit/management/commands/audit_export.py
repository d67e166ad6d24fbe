"""`manage.py audit_export`: the audit log, or its seals, as JSON Lines."""

import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, TextIO, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.management.base import CommandError, CommandParser

from audit.export import Selection, exported_events, exported_seals
from audit.kinds import Kind
from audit.log import record
from audit.verification import one_view
from infacta.commands import DONE, WRONG, SiteCommand, Unusable


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a date: write it as 2026-12-31") from error


class Command(SiteCommand):
    help = (
        "Write the audit log as JSON Lines, an event a line, to a file or to the standard output; docs/audit-log.md has the format. It is for whoever "
        "checks the log elsewhere, or asks what happened to an account. The export is itself recorded in the audit log."
    )
    examples = (
        "--since 2026-01-01 --until 2026-03-31 --output events.jsonl",
        "--user alice@example.com --kind login.succeeded --kind login.failed",
        "--seals --output seals.jsonl",
        "--since 2026-01-01 --dry-run  # how many events there are",
    )
    statuses = {DONE: "all of it is written", WRONG: "the export was not finished, and what was begun of the file is gone"}
    subject = "Privacy"
    changes = "the audit log, which notes the export of events; with --output a file"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=day, metavar="DATE", help="from the beginning of this day (UTC)")
        parser.add_argument("--until", type=day, metavar="DATE", help="to the end of this day (UTC)")
        parser.add_argument("--user", metavar="EMAIL", help="what concerns this account alone")
        parser.add_argument("--kind", action="append", default=[], choices=Kind.values, metavar="KIND", help="this kind; may be repeated")
        parser.add_argument("--seals", action="store_true", help="the seals instead of the events")
        self.add_dry_run(parser, "write nothing and note nothing; tell how many there are")
        parser.add_argument("--output", metavar="FILE", help="a file that is not there yet; nobody but its owner may read it")

    def handle(self, *args: Any, seals: bool, output: str | None, **options: Any) -> None:
        selection, user = self.selection_of(**options)
        if seals and selection != Selection():
            raise Unusable("--seals writes all seals: leave out --since, --until, --user and --kind.")
        if options["dry_run"]:
            self.tell_dry(exported_seals() if seals else exported_events(selection), "seals" if seals else "events")
            return
        with self.target(output) as target:
            if not seals:
                record(Kind.AUDIT_LOG_EXPORTED, user=user, by="command line", **asked(selection))
            with one_view():
                written = self.write(target, exported_seals() if seals else exported_events(selection))
        if self.verbosity:
            self.stderr.write(f"{written:,} {'seals' if seals else 'events'} written{f' to {output}' if output else ''}.")

    def tell_dry(self, lists: Iterable[list[str]], what: str) -> None:
        with one_view(), open(os.devnull, "w") as nowhere:
            written = self.write(nowhere, lists)
        self.say(f"{written:,} {what} would be written. Nothing was changed.")

    def selection_of(
        self, *, since: date | None, until: date | None, user: str | None, kind: list[str], **_options: Any
    ) -> tuple[Selection, AbstractBaseUser | None]:
        """What was asked for, and the account if there was one; Unusable if it makes no sense."""
        if since and until and until < since:
            raise Unusable(f"--until {until} is before --since {since}.")
        accounts = get_user_model()
        try:
            found = accounts._default_manager.get_by_natural_key(user) if user is not None else None
        except (accounts.DoesNotExist, ValueError) as error:  # ValueError: PostgreSQL's driver, of NUL
            raise Unusable(f"No account has the address {user!r}.") from error
        return Selection(since, until, found.pk if found else None, tuple(kind)), found

    @contextmanager
    def target(self, output: str | None) -> Iterator[TextIO]:
        """Where the lines go. What could not be finished is said so, and half a file is removed."""
        file = new_file(output) if output else None
        try:
            yield file or cast(TextIO, self.stdout)
        except BaseException as error:
            if isinstance(error, BrokenPipeError):  # Python would stumble again when it flushes at its end
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if output:
                os.unlink(output)
            if isinstance(error, OSError):
                raise CommandError(f"The export was not finished: {error.strerror}.") from error
            raise
        finally:
            if file:
                file.close()

    def write(self, target: TextIO, lists: Iterable[list[str]]) -> int:
        """Write the lines, and return their number; a terminal sees meanwhile how many there are."""
        written, progress = 0, self.progress()
        for lines in lists:
            target.write("\n".join([*lines, ""]))
            written += len(lines)
            progress.show(f"{written:,}")
        progress.clear()
        target.flush()
        return written


def asked(selection: Selection) -> dict[str, Any]:
    """The selection as the audit log keeps it: what was limited, and to what."""
    days = {name: str(day) for name, day in (("since", selection.since), ("until", selection.until)) if day}
    return days | ({"kinds": list(selection.kinds)} if selection.kinds else {})


def new_file(path: str) -> TextIO:
    """A file that was not there, for its owner alone; Unusable if it cannot be made."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{path} cannot be made: {error.strerror}.") from error
