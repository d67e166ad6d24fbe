"""`manage.py replay_destructions`: after a backup of the database was restored, destroy again what it brought back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from support.destruction import log
from support.destruction.comparing import highest_logged
from support.destruction.replaying import LOST, replay
from support.destruction.working import work_off
from support.models import Destruction


class Command(BaseCommand):
    help = (
        "Walk through the log of destructions, and destroy again whatever it names that the database shows as not destroyed. To be run after a "
        "backup of the database was restored and before the site serves, which refuses to start without it. It may be run at any time, and again. "
        "Exit status 1 if something could not be destroyed yet: nobody can read it, workers try on, and the site may serve."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--begin-anew",
            action="store_true",
            help="the log is lost for good: begin another one where the database ends. What was destroyed since your oldest backup can then not be "
            "destroyed again by itself, should you restore it",
        )

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        known, last = highest_logged(), next(log.newest_first(), None)
        if (last.sequence if last else log.NONE) < known:
            if not options["begin_anew"]:
                raise CommandError(LOST % log.place(), returncode=2)
            log.begin_anew(known)
        begun = replay()
        done = work_off()
        if verbosity:
            self.stdout.write(
                f"In the log and not in the database: {begun:,}. Destroyed, and looked for afterwards: {done['destroyed']:,}."
            )
        if left := Destruction.objects.unfinished().exclude(originally_at=None).count():
            raise CommandError(
                f"{left:,} could not be destroyed yet; workers try on. Nobody can read them: the site may serve.", returncode=1
            )
