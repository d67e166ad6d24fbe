"""`manage.py restore FOLDER`: bring a backup back, up to the point where the site may serve."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import OperationalError

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand
from operations.backup import restoring
from operations.backup.checking import chosen, demand_whole
from operations.backup.databases import database_of_the_site
from operations.backup.locking import kept
from operations.backup.made import Made, megabytes
from operations.backup.problems import Failed, Unusable
from operations.backup.restoring import Report
from operations.backup.writing import Sums

USED = "The database {} is not empty. With --into-used-database all that is in it is replaced by the backup, and is then gone."


class Command(SiteCommand):
    help = (
        "Bring a backup back. It first reads all of it, and looks whether the database is empty and nobody else connected; until then nothing is changed. "
        "Then files are put where none are, the database is restored in one transaction, the logs of destructions and erasures are put back unless those "
        "that are there reach as far, the tables are migrated, and what was destroyed or erased since is destroyed and erased again. Stop web, workers and beat before "
        "(docs/backup.md)."
    )
    examples = (
        "--dry-run /var/backups/infacta/20260301T021500Z",
        "/var/backups/infacta/20260301T021500Z",
        "--into-used-database /var/backups/infacta/20260301T021500Z  # asks first",
    )
    statuses = {
        DONE: "all of it is back, and the site may serve",
        WRONG: "it was not restored, or something is not as it should be; each is told",
        UNUSABLE: "the backup, or the database it should go into, cannot be used; nothing was changed",
    }
    changes = "the database, all of it; files and logs that are not there"
    requires_system_checks = []  # they ask for what is not there yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="one backup, such as /var/backups/infacta/20260301T021500Z")
        parser.add_argument(
            "--into-used-database", action="store_true", help="replace all that is in the database; asks for its name first"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--despite-connections", action="store_true", help="do it although others are connected to the database")
        self.add_dry_run(parser, "check all of it, and tell what would be done; change nothing")

    def handle(self, *args: Any, folder: Path, dry_run: bool, **options: Any) -> None:
        began = time.monotonic()
        try:
            made = chosen(folder, newest_too=False)
            with kept(made.path.parent):
                sums = self.checked(made, options)
                if dry_run:
                    return self.tell_plan(made)
                self.demand_meant(made, options)
                self.restore(made, sums, began)
        except Unusable as error:
            raise CommandError(f"{error} Nothing was changed.", returncode=UNUSABLE) from error
        except Failed as error:
            raise CommandError(str(error), returncode=WRONG) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {' '.join(str(error).split())}", returncode=WRONG) from error
        return None

    def checked(self, made: Made, options: dict[str, Any]) -> Sums:
        """All that can be known before, the quick things first."""
        progress = self.progress()
        restoring.demand_fitting(made)
        if restoring.is_used() and not options["into_used_database"]:
            raise Unusable(USED.format(database_of_the_site().name()))
        if not options["despite_connections"]:
            restoring.demand_alone()
        sums = demand_whole(made, progress.show)
        progress.clear()
        return sums

    def tell_plan(self, made: Made) -> None:
        name, used = database_of_the_site().name(), restoring.is_used()
        self.say(f"{made.path} is whole: {made.manifest.files:,} files, {megabytes(made.bytes)}, of {made.at:%Y-%m-%d %H:%M:%S} UTC.")
        self.say(
            f"Would put its files where none are, and {sum(made.manifest.rows.values()):,} rows into the database {name}, "
            f"{'in the place of all that is in it' if used else 'which is empty'}; then migrate, and replay destructions and erasures."
        )

    def demand_meant(self, made: Made, options: dict[str, Any]) -> None:
        """Whoever replaces a database types its name. Unusable if it is another, or nobody is there to type."""
        if options["yes"] or not restoring.is_used():
            return
        name = database_of_the_site().name()
        try:
            typed = input(
                f"All that is in {name} will be replaced by what was in it at {made.at:%Y-%m-%d %H:%M} UTC. Type its name to go on: "
            )
        except EOFError:
            typed = ""
        if typed.strip() != name:
            raise Unusable(f"That is not {name}.")

    def restore(self, made: Made, sums: Sums, began: float) -> None:
        progress = self.progress()
        checked = time.monotonic() - began
        report = restoring.restore(made, sums, progress.show)
        progress.clear()
        report.seconds = {"checks": checked, **report.seconds}
        self.tell(report, made, time.monotonic() - began)

    def tell(self, report: Report, made: Made, seconds: float) -> None:
        for sentence in report.told:
            self.say(sentence)
        self.say(f"Restored in {seconds:.1f} s: {report.in_words()}.")
        self.say(
            f"Next: start web, workers and beat. Workers finish erasures within minutes. Ask every partner to send again what it sent since {made.at:%Y-%m-%d %H:%M} UTC: "
            "what is known counts once. Downloads taken since are not counted, and mails that waited in the backup are sent, with the Message-ID they had."
        )
        if report.wrong:
            raise CommandError("\n".join(["It is restored, but:", *report.wrong]), returncode=WRONG)
