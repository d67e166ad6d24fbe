"""`manage.py sign_files`: sign what the present key has not signed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Sum

from downloads.integrity import reason_not_to_sign
from downloads.models import ReleaseFile
from downloads.progress import BytesRead
from downloads.signing import BadKey, NoKey, configured_key, present_key
from infacta.log_lines import visible


class Command(BaseCommand):
    help = (
        "Sign every release file that has no signature by the present key: files from before there was one, and after a change of keys all. "
        "Each file is read first; one that is missing, is not what was uploaded, or has a signature that does not fit, is named and not signed, "
        "and the exit status is 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="read the files, and tell what would be signed; write nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        files = ReleaseFile.objects.not_signed_by(self.key_id(dry_run)).select_related("release__product", "signed_by").order_by("pk")
        progress = BytesRead(self.stderr, files.aggregate(total=Sum("size"))["total"] or 0)
        signed = refused = 0
        for file in files.iterator(chunk_size=500):
            fault = reason_not_to_sign(file, progress)
            progress.clear()
            if fault:
                refused += 1
                self.stdout.write(str(fault))
            elif dry_run or self.sign(file):
                signed += 1
                self.stdout.write(visible(f"{'would be signed' if dry_run else 'signed'}: {file.stored_as}: {file.release}, {file}"))
        summary = f"Files that {'would be' if dry_run else 'were'} signed: {signed:,}; that were not: {refused:,}."
        if refused:
            raise CommandError(summary)
        self.stdout.write(summary)

    def sign(self, file: ReleaseFile) -> bool:
        try:
            return file.sign_in_place()
        except BadKey as error:  # it was good when the command began
            raise CommandError(str(error)) from error

    def key_id(self, dry_run: bool) -> str:
        """The present key's id. A dry run makes no key: one that would be new has signed nothing, so "" stands for it."""
        try:
            return configured_key().id if dry_run else present_key().id
        except BadKey as error:
            if dry_run and isinstance(error, NoKey):
                return ""
            raise CommandError(str(error)) from error
