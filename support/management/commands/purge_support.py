"""`manage.py purge_support`: destroy what is due, or say what would be."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from infacta.commands import DONE, WRONG, SiteCommand, Unusable
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


class Command(SiteCommand):
    help = (
        "Destroy the support cases whose day has come, and try again those that could not be destroyed and are due for another try. "
        "Exit status 1 if any failed, or is late. With --dry-run nothing is changed: it says what is due, failed, held and late, with the numbers of "
        "the first cases. With --verbosity 0 it is silent if all is in order."
    )
    examples = ("--dry-run", "", "--limit 100 --quiet")
    statuses = {DONE: "what was due is destroyed, or with --dry-run nothing is late", WRONG: "some failed, or are late"}
    subject = "Support"
    changes = "cases whose day has come, with their keys and files"
    run_by = "a sweep, every minute; by hand to see what stands in the way"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "change nothing, and say what is due, failed, held and late")
        parser.add_argument("--limit", type=int, help="end after so many cases")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise Unusable("--limit is a number of cases, 1 or more.")
        if not options["dry_run"]:
            progress = self.progress()
            done = work_off(options["limit"], progress=lambda done: progress.show(f"{done['destroyed']:,} cases destroyed"))
            progress.clear()
            SweepMark.objects.passed(PURGE, timezone.now())
            self.say(f"Destroyed, and looked for afterwards: {done['destroyed']:,}. Failed: {done['failed']:,}.")
        self.tell(standing(timezone.now()))

    def tell(self, now: Standing) -> None:
        wrong = bool(now.failed or now.late)
        if self.verbosity or wrong:
            for field, words in LINES:
                number = getattr(now, field)
                named = f": {', '.join(references(field))}" if number and field != "under_way" else ""
                self.stdout.write(f"{number:>9,}  {words}{named}")
        if wrong:
            raise CommandError(
                "Not all that is due is destroyed. The record of each destruction says what stands in the way.", returncode=WRONG
            )
