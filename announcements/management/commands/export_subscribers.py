"""`manage.py export_subscribers`: everybody who joined, as a table on standard output."""

from typing import Any

from django.core.management.base import BaseCommand

from announcements.subscribers import exporting


class Command(BaseCommand):
    help = "Write everybody who joined the announcement group to standard output, as CSV (docs/subscribers.md has its columns)."

    def handle(self, *args: Any, **options: Any) -> None:
        exporting.begin(by="command line")
        for line in exporting.lines():
            self.stdout.write(line, ending="")
