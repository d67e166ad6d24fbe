"""What the schedule does for staff's home."""

from celery import shared_task
from django.utils import timezone

from operations.home import counting
from operations.models import HourFigure


@shared_task
def count_figures() -> int:
    """Bring the numbers of staff's home up to now; returns how many were written."""
    now = timezone.now()
    return counting.read_all(now) + counting.count_all(now, counting.SECONDS)


@shared_task
def purge_figures() -> int:
    """Delete figures that are kept no longer; returns how many. They name nobody."""
    return HourFigure.objects.old(timezone.now()).delete()[0]
