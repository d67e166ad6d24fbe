"""`manage.py replay_erasures`: after a backup of the database was restored, erase again whom it brought back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rights.erasure import log
from rights.erasure.replaying import LOST, highest_logged, replay
from rights.erasure.working import work_off
from rights.models import Erasure


class Command(BaseCommand):
    help = (
        "Walk through the log of erasures, and erase again whomever it names that the database shows as not erased. To be run after a backup of the "
        "database was restored, after replay_destructions and before the site serves, which refuses to start without it. It may be run at any time, "
        "and again. The accounts are closed when it ends; workers finish the rest within minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--begin-anew",
            action="store_true",
            help="the log is lost for good: begin another one where the database ends. Who was erased since your oldest backup can then not be erased "
            "again by itself, should you restore it",
        )

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        known = highest_logged()
        if log.reached() < known:
            if not options["begin_anew"]:
                raise CommandError(LOST % log.place(), returncode=2)
            log.begin_anew(known)
        begun = replay()
        work_off()
        left = Erasure.objects.filter(done_at=None).exclude(originally_at=None).count()
        if verbosity:
            self.stdout.write(f"In the log and not in the database: {begun:,}. Closed again, and worked on until they are done: {left:,}.")
