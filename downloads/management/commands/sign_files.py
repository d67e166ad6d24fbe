"""`manage.py sign_files`: sign what the present key has not signed."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Sum

from downloads.management.progress import BytesRead
from downloads.models import ReleaseFile
from downloads.releases.integrity import Finding, content_fault, reason_not_to_sign, signature_fault
from downloads.releases.update_signatures import sign_for_updates
from downloads.signing import RELEASES, UPDATES, BadKey, NoKey, Purpose, configured_key, present_key
from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable
from infacta.log_lines import visible


class Command(SiteCommand):
    help = (
        "Sign every release file that has no signature by the present key: files from before there was one, and after a change of keys all. "
        "Each file is read first; one that is missing, is not what was uploaded, or has a signature that does not fit, is named and not signed, "
        "and the exit status is 1. With --for updates it makes the signatures for Sparkle and WinSparkle; without a command, a worker makes them."
    )
    examples = ("--dry-run", "", "--for updates  # for Sparkle and WinSparkle")
    statuses = {
        DONE: "every file is signed",
        WRONG: "files were not signed, and each is named",
        UNUSABLE: "the site has no key that can sign; nothing was changed",
    }
    subject = "Keys and signatures"
    changes = "the signatures of release files, and the list of published keys"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="read the files, and tell what would be signed; write nothing")
        parser.add_argument("--for", dest="slug", choices=[RELEASES.slug, UPDATES.slug], default=RELEASES.slug, help="which signature")

    def handle(self, *args: Any, dry_run: bool, slug: str, **options: Any) -> None:
        purpose = UPDATES if slug == UPDATES.slug else RELEASES
        files = self.unsigned(purpose, dry_run).select_related("release__product", "signed_by").order_by("pk")
        self.drawn = self.shown(BytesRead(self.stderr, files.aggregate(total=Sum("size"))["total"] or 0))
        sign = self.way_to_sign(purpose, dry_run)
        signed = refused = 0
        for file in files.iterator(chunk_size=500):
            fault, done = sign(file)
            self.drawn.clear()
            if fault:
                refused += 1
                self.stdout.write(str(fault))
            elif done:
                signed += 1
                self.say(visible(f"{'would be signed' if dry_run else 'signed'}: {file.stored_as}: {file.release}, {file}"))
        summary = f"Files that {'would be' if dry_run else 'were'} signed: {signed:,}; that were not: {refused:,}."
        if refused:
            raise CommandError(summary)
        self.say(summary)

    def unsigned(self, purpose: Purpose, dry_run: bool) -> Any:
        key_id = self.key_id(purpose, dry_run)
        files = ReleaseFile.objects
        return files.not_signed_for_updates_by(key_id) if purpose is UPDATES else files.not_signed_by(key_id)

    def way_to_sign(self, purpose: Purpose, dry_run: bool) -> Callable[[ReleaseFile], tuple[Finding | None, bool]]:
        """What is done with each file: it returns why the file is not signed, and whether it is."""
        if purpose is RELEASES:
            return lambda file: self.sign(file, dry_run)
        return self.try_for_updates if dry_run else self.sign_for_updates

    def sign(self, file: ReleaseFile, dry_run: bool) -> tuple[Finding | None, bool]:
        if fault := reason_not_to_sign(file, self.drawn):
            return fault, False
        try:
            return None, dry_run or file.sign_in_place()
        except BadKey as error:  # it was good when the command began
            raise CommandError(str(error)) from error

    def try_for_updates(self, file: ReleaseFile) -> tuple[Finding | None, bool]:
        return signature_fault(file) or content_fault(file, self.drawn), True

    def sign_for_updates(self, file: ReleaseFile) -> tuple[Finding | None, bool]:
        try:
            return sign_for_updates(file, present_key(UPDATES), self.drawn), bool(file.update_signature)
        except BadKey as error:
            raise CommandError(str(error)) from error

    def key_id(self, purpose: Purpose, dry_run: bool) -> str:
        """The present key's id. A dry run makes no key: one that would be new has signed nothing, so "" stands for it."""
        try:
            return configured_key(purpose).id if dry_run else present_key(purpose).id
        except BadKey as error:
            if dry_run and isinstance(error, NoKey):
                return ""
            raise Unusable(str(error)) from error
