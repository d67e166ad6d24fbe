"""The end of reports: key and file go after seven days, and are looked for afterwards; what no row names goes too."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from rights.models import ReportFile
from rights.models.report_file import ReportFileQuerySet
from rights.report import safe

log = logging.getLogger(__name__)
BATCH = 500


def lapsed(now: datetime) -> ReportFileQuerySet:
    """The reports whose time is over, and whose key or file may still be there."""
    return ReportFile.objects.lapsed(now)


def destroy_lapsed() -> int:
    """Destroy these; returns how many are gone for certain."""
    return destroy(lapsed(timezone.now()).order_by("pk")[:BATCH])


def destroy(reports: Iterable[ReportFile]) -> int:
    """One that cannot be destroyed keeps no other from it; it stays lapsed, and the next sweep tries again."""
    return sum(destroy_one(report) for report in reports)


def destroy_one(report: ReportFile) -> bool:
    try:
        gone = safe.destroy(report.name)
    except OSError as error:
        log.error("The report %s cannot be destroyed: %s", report.pk, error)
        return False
    now = timezone.now()
    return gone and bool(ReportFile.objects.filter(pk=report.pk, name=report.name, destroyed_at=None).update(destroyed_at=now))


def destroy_strays() -> int:
    """Keys and files that no row names: their request was deleted, or a worker was killed between two tries. Returns how many names are gone.

    What is on the disk is listed before the rows are asked for: a row is there before its key, so nothing that is being made is a stray.
    """
    there = safe.names()
    known = set(ReportFile.objects.filter(destroyed_at=None).values_list("name", flat=True)) if there else set()
    return sum(destroy_stray(name) for name in sorted(there - known))


def destroy_stray(name: str) -> bool:
    try:
        return safe.destroy(name)
    except OSError as error:
        log.error("The stray report %s… cannot be destroyed: %s", name[:8], error)
        return False
