"""The sweeps of support."""

from celery import shared_task
from django.utils import timezone

from support.destruction.starting import begin
from support.models import Case, Trigger

BATCH = 100


@shared_task
def purge_support() -> int:
    """Destroy what is due; returns how many cases."""
    due = Case.objects.due(timezone.now())[:BATCH]
    return sum(bool(begin(case, Trigger.SCHEDULE)) for case in due)
