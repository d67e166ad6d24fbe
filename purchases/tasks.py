"""Working on partners' notifications."""

from celery import shared_task


@shared_task
def fulfil_due_events() -> int:
    return 0


@shared_task
def purge_events() -> int:
    return 0
