"""`manage.py verify_backup FOLDER`: is a backup whole?"""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand
from operations.backup.checking import chosen, demand_whole
from operations.backup.locking import kept
from operations.backup.made import megabytes
from operations.backup.problems import Failed, Unusable


class Command(SiteCommand):
    help = (
        "Read every file of a backup, compare its checksum, and have pg_restore (or SQLite) look at the dump. Changes nothing, and asks no database. "
        "Whether it can really be restored, only restoring it into another database shows (docs/backup.md)."
    )
    examples = ("/var/backups/infacta  # the newest", "/var/backups/infacta/20260301T021500Z")
    statuses = {DONE: "it is whole", WRONG: "something of it is missing or damaged", UNUSABLE: "there is no backup"}
    subject = "Every day"
    run_by = "an operator, once a week, and after a backup was copied"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, help="a backup, or the folder of backups: then the newest. Without it, BACKUP_DIR"
        )

    def handle(self, *args: Any, folder: Path | None, **options: Any) -> None:
        if folder is None and not settings.BACKUP_DIR:
            raise CommandError("Which one? Name a backup, or set BACKUP_DIR.", returncode=UNUSABLE)
        place, progress, began = folder or Path(settings.BACKUP_DIR), self.progress(), time.monotonic()
        try:
            made = chosen(place, newest_too=True)
        except Unusable as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        try:
            with kept(made.path.parent):
                demand_whole(made, progress.show)
        except (Unusable, Failed) as error:
            raise CommandError(str(error), returncode=WRONG) from error
        progress.clear()
        self.say(
            f"{made.path} is whole: {made.manifest.files:,} files, {megabytes(made.bytes)}, of {made.at:%Y-%m-%d %H:%M:%S} UTC; "
            f"checked in {time.monotonic() - began:.1f} s."
        )
