"""`manage.py replay_destructions`: after a backup of the database was restored, destroy again what it brought back."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable
from support.destruction import log
from support.destruction.comparing import highest_logged
from support.destruction.replaying import LOST, missing, replay
from support.destruction.working import work_off
from support.models import Destruction


class Command(SiteCommand):
    help = (
        "Walk through the log of destructions, and destroy again whatever it names that the database shows as not destroyed. To be run after a "
        "backup of the database was restored and before the site serves, which refuses to start without it. It may be run at any time, and again. "
        "Exit status 1 if something could not be destroyed yet: nobody can read it, workers try on, and the site may serve."
    )
    examples = ("--dry-run", "", "--begin-anew  # the log is lost for good")
    statuses = {
        DONE: "nothing stands there that the log names",
        WRONG: "something could not be destroyed yet; the site may serve all the same",
        UNUSABLE: "the log is not the one of before; nothing was changed",
    }
    subject = "Support"
    changes = "cases that the log names, with their keys and files; with --begin-anew the log"
    run_by = "an operator, after a backup was restored"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "destroy nothing, and tell how much the log names that the database shows as not destroyed")
        parser.add_argument(
            "--begin-anew",
            action="store_true",
            help="the log is lost for good: begin another one where the database ends. What was destroyed since your oldest backup can then not be "
            "destroyed again by itself, should you restore it",
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        known, last = highest_logged(), next(log.newest_first(), None)
        if (last.sequence if last else log.NONE) < known:
            if not options["begin_anew"]:
                raise Unusable(LOST % log.place())
            if dry_run:
                self.say("Another log would be begun.")
            else:
                log.begin_anew(known)
        if dry_run:
            self.say(f"In the log and not in the database: {missing():,}. They would be destroyed again. Nothing was changed.")
            return
        progress = self.progress()
        begun = replay()
        done = work_off(progress=lambda done: progress.show(f"{done['destroyed']:,} of {begun:,} destroyed"))
        progress.clear()
        self.say(f"In the log and not in the database: {begun:,}. Destroyed, and looked for afterwards: {done['destroyed']:,}.")
        if left := Destruction.objects.unfinished().exclude(originally_at=None).count():
            raise CommandError(
                f"{left:,} could not be destroyed yet; workers try on. Nobody can read them: the site may serve.", returncode=WRONG
            )
