"""`manage.py verify_files`: are the release files what was released?"""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Sum
from django.utils import timezone

from downloads.management.progress import BytesRead
from downloads.models import ReleaseFile
from downloads.models.release_file import release_storage
from downloads.releases.integrity import Finding, content_fault, orphans, signature_fault
from downloads.releases.update_signatures import update_fault
from infacta.commands import DONE, WRONG, SiteCommand
from infacta.log_lines import visible


class Command(SiteCommand):
    help = (
        "Read every release file, and compare size, SHA-256 and signatures with what was noted when it was uploaded; look for files that are "
        "missing, and for files in the storage that no row names (but for those of the last hour: their upload may be under way). "
        "One line for each finding, then a summary; exit status 1 if there is a finding. It changes nothing. "
        "With --verbosity 0 it is silent if all is in order; with --verbosity 2 it names good files too."
    )
    examples = ("", "--quiet", "--verbosity 2")
    statuses = {DONE: "every file is as it was released", WRONG: "there is a finding, and each has its line"}
    subject = "Every day"
    run_by = "a timer, once a day or a week: it reads every byte"

    def handle(self, *args: Any, **options: Any) -> None:
        files = ReleaseFile.objects.select_related("release__product", "signed_by", "update_signed_by").order_by("pk")
        self.drawn = self.shown(BytesRead(self.stderr, files.aggregate(total=Sum("size"))["total"] or 0))
        looked_at = found = 0
        for file in files.iterator(chunk_size=500):
            findings = self.findings_of(file)
            looked_at += 1
            found += self.tell(findings)
            if not findings and self.verbosity > 1:
                self.line(visible(f"in order: {file.stored_as}: {file.release}, {file}"))
        found += self.tell(orphans(release_storage(), timezone.now()))
        self.drawn.clear()
        summary = f"Files looked at: {looked_at:,}, {self.drawn.read / 1e6:,.0f} MB read"
        if found:
            raise CommandError(f"{summary}; findings: {found:,}.")
        self.say(f"{summary}; all in order.")

    def findings_of(self, file: ReleaseFile) -> list[Finding]:
        """What is wrong with one file of a release: with its content, with its signature, and with that for updaters, which is over the content."""
        content = content_fault(file, self.drawn)
        updates = None if content else update_fault(file)
        return [fault for fault in (content, signature_fault(file), updates) if fault]

    def tell(self, findings: Iterable[Finding]) -> int:
        """A line for each finding; returns how many."""
        count = 0
        for finding in findings:
            self.line(str(finding))
            count += 1
        return count

    def line(self, text: str) -> None:
        self.drawn.clear()
        self.stdout.write(text)
