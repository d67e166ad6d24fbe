"""`manage.py publish_policies`: keep the wordings of now as versions, at once instead of within a minute."""

from typing import Any

from django.core.management.base import BaseCommand

from privacy.areas import POLICIES
from privacy.models import PolicyVersion
from privacy.versions.publishing import publish_all
from privacy.wording import version_of


class Command(BaseCommand):
    help = "Keep each policy's wording of now as a version (docs/policies.md), and say which version is live. A wording that is kept already stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        new = {row.area for row in publish_all()}
        for area in POLICIES:
            row = PolicyVersion.objects.of_area(area).get(digest=version_of(area))
            state = "new" if area.slug in new else f"since {row.published_at:%Y-%m-%d}"
            self.stdout.write(f"{area.slug:<11} version {row.number:<4} {row.digest} {state}")
