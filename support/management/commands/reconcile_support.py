"""`manage.py reconcile_support`: do rows, keys and files of support cases belong together?"""

from typing import Any

from django.contrib.admin.utils import label_for_field
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from support.destruction.reconciling import reconcile
from support.destruction.standing import RECONCILE
from support.models import Reconciliation, SweepMark

LINES = ("stray_keys", "returned_keys", "stray_folders", "stray_files", "stuck", "keyless_cases", "missing_files")


class Command(BaseCommand):
    help = (
        "Look at all keys and files of support cases, and at all rows that name them. What no live case names, and is older than an hour, is destroyed; "
        "rows without key or file are told of. Workers do the same every night. Exit status 1 if something is damaged, could not be removed, or "
        "had been destroyed before and came back. With --verbosity 0 it is silent if all is in order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--believe",
            action="store_true",
            help="this is the right database: destroy what it does not name, even if that is most of what there is",
        )

    def handle(self, *args: Any, verbosity: int, believe: bool, **options: Any) -> None:
        found = reconcile(believe)
        SweepMark.objects.passed(RECONCILE, timezone.now())
        if verbosity or not found.is_in_order:
            self.stdout.write(f"Looked at: {found.keys:,} keys, {found.folders:,} folders, {found.files:,} files.")
            for name in LINES:
                self.stdout.write(f"{getattr(found, name):>9,}  {label_for_field(name, Reconciliation)}")
        if found.damaged:
            self.stdout.write(f"Damaged: {', '.join(found.damaged)}")
        if not found.is_in_order:
            raise CommandError("Not all is in order: docs/support-destruction.md says what to do.", returncode=1)
