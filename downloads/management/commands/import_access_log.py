"""`manage.py import_access_log`: how much of each download did nginx really send?"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from downloads.delivery.access_log import Log, NotThere, Piece, Unreadable, opened
from downloads.models import AccessLog, DownloadSession
from infacta.commands import DONE, WRONG, SiteCommand
from infacta.log_lines import visible

BAD_LINES_SHOWN = 5


class Command(SiteCommand):
    help = (
        "Read nginx's log of release files (log_format infacta_downloads of deploy/nginx/infacta.conf), and note for each download what was really "
        "sent and whether it is complete. A log is known by its first line, so it may be rotated, renamed and packed, and is read on from where "
        "it was left: reading it again, or twice at once, counts nothing twice. Half a line at the end waits for the next time. "
        "Exit status 1 if a file could not be read, or had lines of another format, which are named and passed over."
    )
    examples = (
        "/var/log/nginx/infacta.downloads.log.1 /var/log/nginx/infacta.downloads.log --if-there --quiet",
        "--dry-run - < /var/log/nginx/infacta.downloads.log",
    )
    statuses = {DONE: "every line was read", WRONG: "a file could not be read, or has lines of another format; the rest counts"}
    subject = "Every day"
    changes = "what was sent of each download, and how far each log was read"
    run_by = "a timer, every ten minutes (docs/upkeep.md)"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a log, packed (gzip) or not, the oldest first; - is the standard input"
        )
        parser.add_argument(
            "--if-there", action="store_true", help="pass over a file that is not there, such as yesterday's on the first day"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell what there is to read; write nothing")

    def handle(self, *args: Any, files: list[str], if_there: bool, dry_run: bool, **options: Any) -> None:
        self.dry_run, self.if_there, self.drawn = dry_run, if_there, self.progress()
        self.lines = self.bad = self.bytes = 0
        self.missing: set[int] = set()
        unread = sum(not self.read(name) for name in files)
        self.drawn.clear()
        summary = (
            f"Lines {'that would be ' if dry_run else ''}read: {self.lines:,}; sent: {self.bytes / 1e6:,.0f} MB; "
            f"downloads that are not there (any more): {len(self.missing):,}; lines of another format: {self.bad:,}."
        )
        if unread or self.bad:
            raise CommandError(f"{summary} Files that could not be read: {unread:,}.")
        self.say(summary)

    def read(self, name: str) -> bool:
        """Whether the file could be read to its end; with --if-there, one that is not there has none."""
        try:
            with opened(name) as log:
                self.take_all(log)
        except Unreadable as error:
            if self.if_there and isinstance(error, NotThere):
                return True
            self.complain(f"{name}: {error}")
            return False
        return True

    def take_all(self, log: Log) -> None:
        """Take piece by piece what nobody has taken. Where somebody else is quicker, go on behind them."""
        if not log.fingerprint:
            return
        known = AccessLog(fingerprint=log.fingerprint) if self.dry_run else AccessLog.objects.of(log.fingerprint)
        begin = AccessLog.objects.filter(fingerprint=log.fingerprint).values_list("position", flat=True).first() or 0
        while log.skip_to(begin) and (piece := log.next_piece()):
            there = self.take(known, piece)
            if there is None:
                known.refresh_from_db()
                begin = known.position
                continue
            begin = piece.end
            self.count(piece, there)

    def take(self, known: AccessLog, piece: Piece) -> set[int] | None:
        if self.dry_run:
            return set(DownloadSession.objects.filter(pk__in=piece.sent).values_list("pk", flat=True))
        return known.take(piece.begin, piece.end, piece.sent)

    def count(self, piece: Piece, there: set[int]) -> None:
        for line in list(piece.bad_lines())[: max(0, BAD_LINES_SHOWN - self.bad)]:
            self.complain(f"not of this log: {line[:200]}")
        self.lines += piece.count
        self.bad += piece.bad_count
        self.bytes += sum(sent.bytes for sent in piece.sent.values())
        self.missing |= piece.sent.keys() - there
        self.drawn.show(f"{self.lines:,} lines read")

    def complain(self, text: str) -> None:
        self.drawn.clear()
        self.stderr.write(visible(text))
