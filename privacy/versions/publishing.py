"""A wording that goes live is kept under a number of its own, once: by a sweep and by `manage.py publish_policies`, never by a page."""

from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, transaction

from infacta.kept import Kept
from privacy.areas import POLICIES, Area
from privacy.models import PolicyVersion
from privacy.wording import wording_of


@dataclass(frozen=True)
class Published:
    """Which version a wording is; number 0 if it is not kept yet: it will be within the minute."""

    number: int
    at: datetime | None

    @property
    def before(self) -> int:
        """The number of the version before; 0 if it is the first one."""
        return max(self.number - 1, 0)


NOT_YET = Published(0, None)
kept: Kept[Published] = Kept(seconds=60)


def publish_all() -> list[PolicyVersion]:
    """Keep every wording of now that is not kept yet; gives back those that are new."""
    return [new for area in POLICIES if (new := publish(area))]


@transaction.atomic
def publish(area: Area) -> PolicyVersion | None:
    """In one transaction with the questions that the wording asks: a database that was away for a moment makes no version (purchases.partners.policies)."""
    wording = wording_of(area)
    if PolicyVersion.objects.publish(area, wording.digest, wording.texts):
        return PolicyVersion.objects.of_area(area).get(digest=wording.digest)
    return None


def published(area: Area, digest: str) -> Published:
    """The number and the date of a wording. Policies are read often, so it is asked once a minute; and they are read while the database is away."""
    key = f"{area.slug}:{digest}"
    known = kept.get(key)
    if known is None:
        try:
            row = PolicyVersion.objects.of_area(area).filter(digest=digest).first()
        except DatabaseError:
            return NOT_YET
        known = Published(row.number, row.published_at) if row else NOT_YET
        kept.put(key, known)
    return known
