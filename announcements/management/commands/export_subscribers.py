"""`manage.py export_subscribers`: everybody who joined, as a table on standard output."""

from typing import Any

from django.core.management.base import CommandParser

from announcements.models import Subscription
from announcements.subscribers import exporting
from infacta.commands import DONE, SiteCommand


class Command(SiteCommand):
    help = (
        "Write everybody who joined the announcement group to standard output, as CSV (docs/subscribers.md has its columns): for another system, or "
        "to be read in here again, which changes nothing. It holds addresses, so keep it where nobody else reads. The audit log notes that it was "
        "exported, and by whom."
    )
    examples = ("> subscribers.csv", "--dry-run  # how many there are")
    statuses = {DONE: "everybody is written"}
    subject = "Announcements and promotions"
    changes = "the audit log alone: it notes the export"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "write nobody and note nothing; tell how many there are")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        count = Subscription.objects.count()
        if dry_run:
            self.say(f"{count:,} subscribers would be written. Nothing was changed.")
            return
        exporting.begin(by="command line")
        progress = self.progress()
        for number, line in enumerate(exporting.lines()):
            self.stdout.write(line, ending="")
            progress.show(f"{number:,} of {count:,} written")
        progress.clear()
