"""`manage.py replay_erasures`: after a backup of the database was restored, erase again whom it brought back."""

from typing import Any

from django.core.management.base import CommandParser

from infacta.commands import DONE, UNUSABLE, SiteCommand, Unusable
from rights.erasure import log
from rights.erasure.replaying import LOST, highest_logged, missing, replay
from rights.erasure.working import work_off
from rights.models import Erasure


class Command(SiteCommand):
    help = (
        "Walk through the log of erasures, and erase again whomever it names that the database shows as not erased. To be run after a backup of the "
        "database was restored, after replay_destructions and before the site serves, which refuses to start without it. It may be run at any time, "
        "and again. The accounts are closed when it ends; workers finish the rest within minutes."
    )
    examples = ("--dry-run", "", "--begin-anew  # the log is lost for good")
    statuses = {DONE: "nobody stands open whom the log names", UNUSABLE: "the log is not the one of before; nothing was changed"}
    subject = "Privacy"
    changes = "accounts and everything about the persons whom the log names; with --begin-anew the log"
    run_by = "an operator, after a backup was restored"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "erase nobody, and tell how many the log names that the database shows as not erased")
        parser.add_argument(
            "--begin-anew",
            action="store_true",
            help="the log is lost for good: begin another one where the database ends. Who was erased since your oldest backup can then not be erased "
            "again by itself, should you restore it",
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        known = highest_logged()
        if log.reached() < known:
            if not options["begin_anew"]:
                raise Unusable(LOST % log.place())
            if dry_run:
                self.say("Another log would be begun.")
            else:
                log.begin_anew(known)
        if dry_run:
            self.say(f"In the log and not in the database: {len(missing()):,}. They would be erased again. Nothing was changed.")
            return
        progress = self.progress()
        begun = replay()
        work_off(progress=lambda done: progress.show(f"{done:,} of {begun:,} erased"))
        progress.clear()
        left = Erasure.objects.filter(done_at=None).exclude(originally_at=None).count()
        self.say(f"In the log and not in the database: {begun:,}. Closed again, and worked on until they are done: {left:,}.")
