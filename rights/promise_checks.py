"""What this installation knows of the promise that persons get a report of all their data (C17)."""

from datetime import timedelta

from django.utils import timezone

from privacy.promise_checks import Outcome, checks
from rights.models import Kind, ReportFile, SubjectRequest

LATE = timedelta(hours=1)


@checks("C17", "R5")
def reports_are_made_in_time() -> tuple[Outcome, str]:
    """GDPR article 12(3): within a month."""
    now = timezone.now()
    reports = SubjectRequest.objects.filter(kind=Kind.REPORT)
    if overdue := list(reports.overdue(now).values_list("number", flat=True)[:10]):
        return Outcome.BROKEN, f"reports that were asked for more than a month ago are not made: {', '.join(overdue)}"
    if stuck := reports.due(now - LATE).count():
        return Outcome.BROKEN, f"{stuck} reports should have been begun an hour ago or longer"
    waiting, failing = reports.open().count(), reports.open().exclude(problem="").count()
    return Outcome.KEPT, f"{waiting} reports are asked for and not made yet, none overdue; {failing} could not be made at the first try"


@checks("C17")
def reports_are_destroyed_in_time() -> tuple[Outcome, str]:
    there = ReportFile.objects.filter(destroyed_at=None)
    if late := there.lapsed(timezone.now() - LATE).count():
        return Outcome.BROKEN, f"{late} reports should have been destroyed an hour ago or longer"
    return Outcome.KEPT, f"{there.count()} reports lie here, sealed, and none for longer than {ReportFile.LIFE.days} days"
