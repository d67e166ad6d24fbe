"""`manage.py import_purchases`: purchases of earlier years, out of a file."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.kinds import Kind
from audit.log import record
from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable
from infacta.log_lines import visible
from purchases.books.exported import Unreadable, looked_into, orders_of, renamed_by
from purchases.books.importing import Import, Verdict, What
from purchases.partners.exports import OWN
from purchases.partners.registry import PARTNERS

SHOWN = 20  # lines that are wrong
WORDS = {
    What.GRANTED: ("would be granted", "granted"),
    What.KNOWN: ("known already", "known already"),
    What.WAITS: ("would wait", "waiting"),
    What.REFUNDED: ("refunded, so not granted", "refunded, so not granted"),
    What.DOUBLED: ("named more than once, and passed over", "named more than once, and passed over"),
    What.WRONG: ("wrong", "wrong"),
    What.KEPT: ("would be kept", "kept for the workers"),
}


class Command(SiteCommand):
    help = (
        "Import old purchases from a table (CSV, docs/partners-operations.md has its columns). Without --import it only says what would be granted, "
        "what is known already and which lines are wrong. It may be run again at any time, after it was killed too. Exit status 1 if a line is wrong."
    )
    examples = (
        "old.csv --partner plimus  # what would be granted",
        "old.csv --partner plimus --import",
        "sales.csv --partner gumroad --format partner --import --mail",
    )
    statuses = {
        DONE: "every line could be used",
        WRONG: "lines are wrong; the others count",
        UNUSABLE: "the file cannot be read; nothing was changed",
    }
    subject = "Partners and purchases"
    changes = "with --import: purchases, accounts, entitlements, unlock codes, the audit log; with --mail customers are written to"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the table")
        parser.add_argument("--partner", required=True, choices=sorted(PARTNERS), help="who took these orders")
        parser.add_argument(
            "--format", choices=["own", "partner"], default="own", help="whose columns: the site's own (default), or the partner's export"
        )
        parser.add_argument("--columns", nargs="+", default=[], metavar="FIELD=COLUMN", help="names of columns, such as email=E-Mail")
        parser.add_argument("--import", action="store_true", dest="grants", help="do it")
        self.add_dry_run(parser, "only say what would happen, with --import too")
        parser.add_argument(
            "--mail", action="store_true", help="write to the customers as with a new purchase; otherwise nobody gets a mail"
        )

    def handle(self, *args: Any, file: Path, partner: str, grants: bool, mail: bool, **options: Any) -> None:
        self.drawn, self.counts, self.codes = self.progress(), Counter[What](), Counter[str]()
        grants = grants and not options["dry_run"]
        form = (PARTNERS[partner].export if options["format"] == "partner" else None) or OWN
        work = Import(PARTNERS[partner], mailed=mail)
        try:
            table = looked_into(file, form, renamed_by(options["columns"]))
            orders = orders_of(file, table, lambda line: self.drawn.show(f"{line:,} lines read"))
            self.tell(work.grant(orders) if grants else work.preview(orders))
        except Unreadable as error:
            raise Unusable(str(error)) from error
        finally:
            if grants and self.counts:
                record(Kind.PURCHASES_IMPORTED, partner=partner, by="command line", granted=self.counts[What.GRANTED], mailed=mail)
        self.finish(grants)

    def tell(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            self.counts[verdict.what] += 1
            if verdict.code:
                self.codes[verdict.code] += 1
            if verdict.what is What.WRONG and self.counts[What.WRONG] <= SHOWN:
                self.drawn.clear()
                self.stderr.write(visible(f"line {verdict.order.line}: {verdict.why}"))
        self.drawn.clear()

    def finish(self, grants: bool) -> None:
        for code, number in self.codes.most_common():
            self.stdout.write(visible(f"unknown product code {code}: {number:,} orders"))
        parts = [f"{WORDS[what][grants]}: {self.counts[what]:,}" for what in What if self.counts[what]]
        summary = f"Orders: {sum(self.counts.values()):,}. {'; '.join(parts)}."
        if not grants:
            summary += " Nothing was changed: add --import."
        if self.counts[What.WRONG]:
            raise CommandError(summary, returncode=WRONG)
        self.say(summary)
