"""What privacy does by itself."""

from celery import shared_task

from privacy import promise_states
from privacy.promise_checks import Outcome


@shared_task
def look_at_promises() -> int:
    """Ask whether each promise is kept here, and keep what was found for the pages; returns how many are broken."""
    return sum(standing.outcome == Outcome.BROKEN for standing in promise_states.look())
