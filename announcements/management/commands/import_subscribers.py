"""`manage.py import_subscribers`: people who joined elsewhere, out of a file (docs/subscribers.md)."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from announcements.models import SubscriberFile
from announcements.subscribers.importing import do_piece, take_in
from announcements.subscribers.reading import Unreadable
from audit.kinds import Kind
from audit.log import record
from infacta.log_lines import visible
from infacta.progress import Progress

SHOWN = 20
WAIT = 0.05  # seconds, while a worker has it in hand


class Command(BaseCommand):
    help = (
        "Import subscribers from a table (CSV in UTF-8, docs/subscribers.md has its columns). Without --import it only says what would happen. "
        "It may be run again at any time: nobody is added twice, and nobody comes back who left. Exit status 1 if a line is refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--import", action="store_true", dest="imports", help="do it")

    def handle(self, *args: Any, file: Path, imports: bool, **options: Any) -> None:
        self.progress = Progress(self.stderr)
        row = self.kept(file)
        self.work(row)
        if imports:
            row.begin()
            self.work(row)
            record(Kind.SUBSCRIBERS_IMPORTED, file=row.pk, by="command line", added=row.new)
        else:
            row.discard()
        self.tell(row, imports)

    def kept(self, path: Path) -> SubscriberFile:
        try:
            with path.open("rb") as file:
                return take_in(SubscriberFile(name=path.name[:150]), file)
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.", returncode=2) from error
        except Unreadable as error:
            raise CommandError(str(error), returncode=2) from error

    def work(self, row: SubscriberFile) -> None:
        """All pieces of it, here or in the workers' hands."""
        row.refresh_from_db()
        while row.is_under_way:
            if not do_piece(row.pk):
                time.sleep(WAIT)
            row.refresh_from_db()
            self.progress.show(f"{row.looked_at:,} of {row.rows:,} rows {row.get_state_display()}")
        self.progress.clear()

    def tell(self, row: SubscriberFile, imports: bool) -> None:
        for line, why in row.refusals[:SHOWN]:
            self.stderr.write(visible(f"line {line}: {why}"))
        said = f"Rows: {row.looked_at:,}. new: {row.new:,}; known already: {row.known:,}; "
        said += f"left, or suppressed: {row.suppressed:,}; refused: {row.refused:,}."
        said += "" if imports else " Nothing was changed: add --import."
        if row.refused:
            raise CommandError(said, returncode=1)
        self.stdout.write(said)
