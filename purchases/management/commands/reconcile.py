"""`manage.py reconcile`: does a partner's export say what we have recorded?"""

import csv
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.addresses import masked
from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable
from infacta.log_lines import visible
from infacta.spreadsheets import MARK, harmless
from purchases.books.exported import Order, Table, Unreadable, looked_into, orders_of, renamed_by
from purchases.books.reconciliation import KINDS, Difference, Reconciliation
from purchases.partners.exports import OWN
from purchases.partners.registry import PARTNERS

HEADER = ("kind", "order", "respect", "here", "there", "repaired")
WIDTHS = "{:<14} {:<24} {:<9} {:<24} {:<24} {}"


class Command(SiteCommand):
    help = (
        "Compare a partner's export (CSV) with the purchases recorded here over its dates (docs/partners-operations.md). Exit status 0 if both say "
        "the same, 1 if they differ, 2 if the file cannot be read. Nothing is changed without --repair. "
        "Do it after a silence, and now and then with every partner. With --quiet it is silent if both say the same."
    )
    examples = (
        "gumroad sales.csv",
        "gumroad sales.csv --repair --dry-run  # what would be repaired",
        "gumroad sales.csv --repair --csv differences.csv",
        "plimus export.csv --columns order_reference=Order purchased_at=Date email=E-Mail",
    )
    statuses = {
        DONE: "both say the same, or all was repaired",
        WRONG: "they differ",
        UNUSABLE: "the file cannot be read, or compared; nothing was changed",
    }
    subject = "Partners and purchases"
    changes = "with --repair: notifications, which workers then fulfil as usual, mail included; with --csv a file"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", choices=sorted(PARTNERS), help="whose export it is")
        parser.add_argument("file", type=Path, metavar="CSV", help="the export")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="write what is missing here as notifications, which are then fulfilled as usual, mail included",
        )
        self.add_dry_run(parser, "with --repair: tell what would be repaired, and change nothing")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write the differences into this file too, addresses in full")
        parser.add_argument(
            "--columns", nargs="+", default=[], metavar="FIELD=COLUMN", help="names of columns, such as order_reference=Order"
        )
        parser.add_argument("--since", type=day, help="first day to look for what the export lacks; without it, the day of its first order")
        parser.add_argument("--until", type=day, help="last day; without it, the day of its last order")

    def handle(self, *args: Any, partner: str, file: Path, **options: Any) -> None:
        self.drawn, self.counts, self.dry_run = self.progress(), Counter[str](), options["dry_run"]
        until = options["until"] and options["until"] + timedelta(days=1, microseconds=-1)
        work = Reconciliation(PARTNERS[partner], options["repair"], options["since"], until, rehearses=self.dry_run)
        if options["csv"] and options["csv"].exists() and file.exists() and options["csv"].samefile(file):
            raise Unusable(f"{file} is the export itself: the differences would take its place.")
        try:
            table = looked_into(file, PARTNERS[partner].export or OWN, renamed_by(options["columns"]))
            self.report(work, self.orders(file, table), options["csv"])
        except Unreadable as error:
            raise Unusable(str(error)) from error
        self.finish(work)

    def orders(self, file: Path, table: Table) -> Iterator[Order]:
        return orders_of(file, table, lambda line: self.drawn.show(f"{line:,} lines read"))

    def report(self, work: Reconciliation, orders: Iterator[Order], copy: Path | None) -> None:
        """Each difference as it is found, on the standard output, and in the copy."""
        with ExitStack() as open_files:
            writer = csv.writer(open_files.enter_context(copy.open("w", encoding="utf-8", newline=""))) if copy else None
            if writer and copy:
                copy.chmod(0o600)
                writer.writerow([MARK + HEADER[0], *HEADER[1:]])
            for difference in work.differences(orders):
                self.count(difference)
                if writer:
                    writer.writerow(harmless(cells_of(difference)))
        self.drawn.clear()

    def count(self, difference: Difference) -> None:
        if not self.counts:
            self.drawn.clear()
            self.stdout.write(WIDTHS.format(*HEADER).rstrip())
        self.counts[difference.kind] += 1
        self.counts["repaired"] += bool(difference.repaired)
        self.drawn.clear()
        self.stdout.write(visible(WIDTHS.format(*shown(difference)).rstrip()))

    def finish(self, work: Reconciliation) -> None:
        found = ", ".join(f"{kind}: {self.counts[kind]:,}" for kind in KINDS)
        summary = f"Orders in the export: {work.seen.orders:,}. {found}. {'Would be repaired' if self.dry_run else 'Repaired'}: {self.counts['repaired']:,}."
        if not work.seen.orders and not (work.since and work.until):
            raise Unusable(f"{summary} No row of the export is a sale, so nothing was compared.")
        if sum(self.counts[kind] for kind in KINDS) > (0 if self.dry_run else self.counts["repaired"]):
            raise CommandError(summary, returncode=WRONG)
        self.say(self.style.SUCCESS(summary))


def cells_of(difference: Difference) -> list[str]:
    return [difference.kind, difference.reference, difference.respect, difference.here, difference.there, difference.repaired]


def shown(difference: Difference) -> list[str]:
    """For a terminal, or the mail of a timer: addresses are masked there."""
    cells = cells_of(difference)
    return [masked(cell) if difference.respect == "email" and number in (3, 4) else cell for number, cell in enumerate(cells)]


def day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time.min, UTC)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a day like 2026-01-31") from error
