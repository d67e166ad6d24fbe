"""`manage.py backup FOLDER`: database and files in one dated folder."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand
from operations.backup import keeping, making
from operations.backup.locking import alone
from operations.backup.made import Made, megabytes, newest_first
from operations.backup.problems import Failed, Unusable

APART = "Not in it, for they must lie apart: the keys (manage.py back_up_keys), the environment, and the keys of support cases (never)."


class Command(SiteCommand):
    help = (
        "Write a backup: a folder named for this moment, with a dump of the database, the release files, the sealed files of support cases, both logs that "
        "outlive the database, a manifest and checksums. The site goes on meanwhile. It is whole or not there at all. Files that the backup before has "
        "too are linked to it and take no room. Backups older than --keep days are removed afterwards. Keys are never in it (docs/backup.md)."
    )
    examples = (
        "/var/backups/infacta",
        "--quiet /var/backups/infacta  # as a timer calls it",
        "--dry-run /var/backups/infacta",
    )
    statuses = {
        DONE: "the backup is made and on the disk",
        WRONG: "it was not made (the reason is told, and nothing of it is left), or one that is too old could not be removed",
        UNUSABLE: "the folder or a number of days cannot be used",
    }
    subject = "Every day"
    changes = "the folder of backups: one more, and none that is too old"
    run_by = "a timer, every night"
    requires_system_checks = []  # whatever is wrong with the site, it can be backed up

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="where backups lie; without it, the folder that BACKUP_DIR names")
        parser.add_argument(
            "--keep",
            type=int,
            metavar="DAYS",
            help="remove backups that are as old as this, but never the newest; without it, SUPPORT_BACKUP_DAYS, which receipts of destruction promise",
        )
        parser.add_argument("--anew", action="store_true", help="copy every file, also those that the backup before has")
        self.add_dry_run(parser, "write and remove nothing; tell sizes, and what would be done")

    def handle(self, *args: Any, folder: Path | None, keep: int | None, anew: bool, dry_run: bool, **options: Any) -> None:
        days = settings.SUPPORT_BACKUP_DAYS if keep is None else keep
        try:
            chosen = self.chosen(folder)
            keeping.demand_promised(days)
            making.demand_place(chosen)
            if dry_run:
                return self.tell_plan(chosen, days, anew)
            with alone(making.prepared(chosen)):
                self.make(chosen, anew)
                self.remove_old(chosen, days)
        except Unusable as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        except Failed as error:
            raise CommandError(str(error), returncode=WRONG) from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {' '.join(str(error).split())}", returncode=WRONG) from error
        return None

    def chosen(self, folder: Path | None) -> Path:
        if folder is None and not settings.BACKUP_DIR:
            raise Unusable("Where to? Name a folder, or set BACKUP_DIR.")
        return (folder or Path(settings.BACKUP_DIR)).absolute()

    def tell_plan(self, folder: Path, days: int, anew: bool) -> None:
        planned = making.expected(folder, anew)
        self.say(
            f"Would write into {folder}: a dump of the database, {megabytes(planned.database)} at most, and {planned.files:,} files of "
            f"{megabytes(planned.bytes)}, of which {megabytes(planned.to_copy)} are copied and the rest is linked to the backup before."
        )
        for made in keeping.over(newest_first(folder), days, timezone.localdate(), one_more=True):
            self.say(f"Would then remove {made.path}: {days} days old or older.")
        making.demand_room(folder, planned)

    def make(self, folder: Path, anew: bool) -> None:
        began, progress = time.monotonic(), self.progress()
        for name in making.clear_leftovers(folder):
            self.say(f"{name} was left by a backup that broke off, and is removed.")
        making.demand_room(folder, making.expected(folder, anew))
        made = making.make(folder, anew, progress.show)
        progress.clear()
        self.tell_made(made, time.monotonic() - began)

    def tell_made(self, made: Made, seconds: float) -> None:
        self.say(
            f"{made.path}: {megabytes(made.bytes)} in {made.manifest.files:,} files, {sum(made.manifest.rows.values()):,} rows, in {seconds:.1f} s."
        )
        if made.manifest.audit_head:
            self.say(f"Head of the audit log: {made.manifest.audit_head}")
        self.say(APART)
        if making.is_on_the_same_disk(made.path):
            self.say("It lies on the same disk as the site's files: copy it to another host.")

    def remove_old(self, folder: Path, days: int) -> None:
        for made in keeping.over(newest_first(folder), days, timezone.localdate()):
            keeping.remove(made)
            self.say(f"{made.path} is removed: {days} days old or older.")
