"""The sweeps of support."""

from celery import shared_task
from django.utils import timezone

from support.destruction.starting import begin
from support.diagnostics import settling
from support.models import Case, Trigger

BATCH = 100


@shared_task
def purge_support() -> int:
    """Destroy what is due; returns how many cases."""
    due = Case.objects.due(timezone.now())[:BATCH]
    return sum(bool(begin(case, Trigger.SCHEDULE)) for case in due)


@shared_task
def open_diagnostics() -> int:
    """Open the cases of uploads that came whole and were then left; returns how many."""
    return settling.open_what_came_whole()


@shared_task
def purge_diagnostics() -> int:
    """Destroy uploads that did not come whole within a day; returns how many."""
    return settling.destroy_what_lapsed()
