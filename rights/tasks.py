"""The ends of retention of requests."""

from celery import shared_task
from django.utils import timezone

from privacy.retention.batches import delete
from privacy.retention.due import rows
from rights.models import SubjectRequest
from rights.personal_data import REQUESTS


@shared_task
def purge_requests() -> int:
    """Delete what was over long enough ago; returns how many rows are gone."""
    return delete(rows(REQUESTS, SubjectRequest, timezone.now()))
