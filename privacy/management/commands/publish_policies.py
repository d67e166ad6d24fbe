"""`manage.py publish_policies`: keep the wordings of now as versions, at once instead of within a minute."""

from contextlib import nullcontext
from typing import Any

from django.core.management.base import CommandParser

from infacta.commands import DONE, SiteCommand, taken_back
from privacy.areas import POLICIES
from privacy.models import PolicyVersion
from privacy.versions.publishing import publish_all
from privacy.wording import version_of


class Command(SiteCommand):
    help = (
        "Keep each policy's wording of now as a version (docs/policies.md), and say which version is live. A wording that is kept already stays as it is. "
        "A sweep does it within a minute; by hand it is worth a look after an update."
    )
    examples = ("--dry-run  # which wordings would be new", "")
    statuses = {DONE: "each wording of now is a version"}
    subject = "Privacy"
    changes = "versions of policies whose wording is new"
    run_by = "a sweep, every minute; by hand after an update"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "keep nothing, and tell which wordings would be new")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        with taken_back() if dry_run else nullcontext():
            self.publish("would be new" if dry_run else "new")
        if dry_run:
            self.say("Nothing was changed.")

    def publish(self, new_one: str) -> None:
        new = {row.area for row in publish_all()}
        for area in POLICIES:
            row = PolicyVersion.objects.of_area(area).get(digest=version_of(area))
            state = new_one if area.slug in new else f"since {row.published_at:%Y-%m-%d}"
            self.say(f"{area.slug:<11} version {row.number:<4} {row.digest} {state}")
