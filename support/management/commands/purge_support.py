"""`manage.py purge_support`: destroy what is due, or say what would be."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from support.destruction.standing import PURGE, Standing, references, standing
from support.destruction.working import work_off
from support.models import SweepMark

LINES = (
    ("due", "to be destroyed now"),
    ("under_way", "begun and not done"),
    ("failed", "could not be destroyed yet; tried again"),
    ("held", "kept for a suspicion of fraud"),
    ("late", "should have been destroyed an hour ago, or longer"),
)


class Command(BaseCommand):
    help = (
        "Destroy the support cases whose day has come, and try again those that could not be destroyed and are due for another try. "
        "Exit status 1 if any failed, or is late. With --dry-run nothing is changed: it says what is due, failed, held and late, with the numbers of "
        "the first cases. With --verbosity 0 it is silent if all is in order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument("--limit", type=int, help="end after so many cases")

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is a number of cases, 1 or more.", returncode=2)
        if not options["dry_run"]:
            done = work_off(limit=options["limit"])
            SweepMark.objects.passed(PURGE, timezone.now())
            if verbosity:
                self.stdout.write(f"Destroyed, and looked for afterwards: {done['destroyed']:,}. Failed: {done['failed']:,}.")
        self.tell(standing(timezone.now()), verbosity)

    def tell(self, now: Standing, verbosity: int) -> None:
        wrong = bool(now.failed or now.late)
        if verbosity or wrong:
            for field, words in LINES:
                number = getattr(now, field)
                named = f": {', '.join(references(field))}" if number and field != "under_way" else ""
                self.stdout.write(f"{number:>9,}  {words}{named}")
        if wrong:
            raise CommandError(
                "Not all that is due is destroyed. The record of each destruction says what stands in the way.", returncode=1
            )
