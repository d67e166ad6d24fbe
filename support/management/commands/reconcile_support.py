"""`manage.py reconcile_support`: do rows, keys and files of support cases belong together?"""

from typing import Any

from django.contrib.admin.utils import label_for_field
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from infacta.commands import DONE, WRONG, SiteCommand
from support.destruction.reconciling import look_only, reconcile
from support.destruction.standing import RECONCILE
from support.models import Reconciliation, SweepMark

LINES = ("stray_keys", "returned_keys", "stray_folders", "stray_files", "stuck", "keyless_cases", "missing_files")


class Command(SiteCommand):
    help = (
        "Look at all keys and files of support cases, and at all rows that name them. What no live case names, and is older than an hour, is destroyed; "
        "rows without key or file are told of. Workers do the same every night. Exit status 1 if something is damaged, could not be removed, or "
        "had been destroyed before and came back. With --verbosity 0 it is silent if all is in order."
    )
    examples = ("--dry-run", "", "--believe  # this is the right database after all")
    statuses = {DONE: "rows, keys and files belong together", WRONG: "something is damaged, could not be removed, or came back"}
    subject = "Support"
    changes = "keys, folders and files that no live case names; the record of what was found"
    run_by = "a sweep, every night; by hand after a restored backup"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "destroy nothing and keep no record; tell what there is")
        parser.add_argument(
            "--believe",
            action="store_true",
            help="this is the right database: destroy what it does not name, even if that is most of what there is",
        )

    def handle(self, *args: Any, believe: bool, dry_run: bool, **options: Any) -> None:
        progress = self.progress()

        def show(found: Reconciliation) -> None:
            progress.show(f"{found.keys:,} keys, {found.folders:,} folders, {found.files:,} files")

        found = look_only(believe, show) if dry_run else reconcile(believe, show)
        progress.clear()
        if not dry_run:
            SweepMark.objects.passed(RECONCILE, timezone.now())
        if self.verbosity or not found.is_in_order:
            self.stdout.write(f"Looked at: {found.keys:,} keys, {found.folders:,} folders, {found.files:,} files.")
            for name in LINES:
                self.stdout.write(f"{getattr(found, name):>9,}  {label_for_field(name, Reconciliation)}")
        if dry_run:
            self.say("What is named stray would be destroyed. Nothing was changed.")
        if found.damaged:
            self.stdout.write(f"Damaged: {', '.join(found.damaged)}")
        if not found.is_in_order:
            raise CommandError("Not all is in order: docs/support-destruction.md says what to do.", returncode=WRONG)
