"""What the schedule does with policies."""

from celery import shared_task

from privacy.versions.publishing import publish_all


@shared_task
def publish_policies() -> int:
    """Keep each wording that has gone live since; returns how many."""
    return len(publish_all())
