"""`manage.py partner_table`: what each partner can do, as Markdown."""

from typing import Any

from infacta.commands import DONE, SiteCommand
from purchases.standing.capabilities import markdown


class Command(SiteCommand):
    help = (
        "Print what each partner can do, as the table that stands in docs/partners.md between its two markers. Run it after a partner's module "
        "changed, and put what it prints there: a test compares both."
    )
    examples = ("",)
    statuses = {DONE: "the table is printed"}
    subject = "Development"
    run_by = "a developer, by hand"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(markdown())
