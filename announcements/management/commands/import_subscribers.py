"""`manage.py import_subscribers`: people who joined elsewhere, out of a file (docs/subscribers.md)."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser

from announcements.models import SubscriberFile
from announcements.subscribers.importing import do_piece, looked_through, take_in
from announcements.subscribers.reading import Unreadable
from audit.kinds import Kind
from audit.log import record
from infacta.commands import DONE, WRONG, SiteCommand, Unusable
from infacta.log_lines import visible

SHOWN = 20
WAIT = 0.05  # seconds, while a worker has it in hand


class Command(SiteCommand):
    help = (
        "Import subscribers from a table (CSV in UTF-8, docs/subscribers.md has its columns). Without --import it only says what would happen, and "
        "changes nothing. It may be run again at any time: nobody is added twice, and nobody comes back who left. Exit status 1 if a line is refused. "
        "Workers go on with it should it be interrupted."
    )
    examples = ("friends.csv  # what would happen", "friends.csv --import", "friends.csv --import --dry-run  # as without --import")
    statuses = {DONE: "every line could be used", WRONG: "lines were refused; the others count"}
    subject = "Announcements and promotions"
    changes = "with --import: subscribers and the audit log; nobody gets a mail"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the table")
        parser.add_argument("--import", action="store_true", dest="imports", help="do it")
        self.add_dry_run(parser, "only say what would happen, with --import too")

    def handle(self, *args: Any, file: Path, imports: bool, dry_run: bool, **options: Any) -> None:
        imports = imports and not dry_run
        row = self.read(file, self.imported if imports else self.previewed)
        self.tell(row, imports)

    def read(self, path: Path, work: Callable[[SubscriberFile, IO[bytes]], None]) -> SubscriberFile:
        row = SubscriberFile(name=path.name[:150])
        try:
            with path.open("rb") as file:
                work(row, file)
            return row
        except OSError as error:
            raise Unusable(f"The file cannot be read: {error.strerror}.") from error
        except Unreadable as error:
            raise Unusable(str(error)) from error

    def previewed(self, row: SubscriberFile, file: IO[bytes]) -> None:
        progress = self.progress()
        for _so_far in looked_through(row, file):
            progress.show(f"{row.looked_at:,} rows looked through")
        progress.clear()

    def imported(self, row: SubscriberFile, file: IO[bytes]) -> None:
        take_in(row, file)
        self.work(row)
        row.begin()
        self.work(row)
        record(Kind.SUBSCRIBERS_IMPORTED, file=row.pk, by="command line", added=row.new)

    def work(self, row: SubscriberFile) -> None:
        """All pieces of it, here or in the workers' hands."""
        progress = self.progress()
        row.refresh_from_db()
        while row.is_under_way:
            if not do_piece(row.pk):
                time.sleep(WAIT)
            row.refresh_from_db()
            progress.show(f"{row.looked_at:,} of {row.rows:,} rows {row.get_state_display()}")
        progress.clear()

    def tell(self, row: SubscriberFile, imports: bool) -> None:
        for line, why in row.refusals[:SHOWN]:
            self.stderr.write(visible(f"line {line}: {why}"))
        said = f"Rows: {row.looked_at:,}. new: {row.new:,}; known already: {row.known:,}; "
        said += f"left, or suppressed: {row.suppressed:,}; refused: {row.refused:,}."
        said += "" if imports else " Nothing was changed: add --import."
        if row.refused:
            raise CommandError(said, returncode=WRONG)
        self.say(said)
