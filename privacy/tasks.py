"""What the schedule does: wordings of policies are kept, what the declarations promise to destroy is destroyed, and promises are looked at."""

from celery import shared_task
from django.conf import settings

from infacta.celery import WakingTask
from privacy import promise_states
from privacy.promise_checks import Outcome
from privacy.retention.walking import SECONDS, walk
from privacy.versions.publishing import publish_all

WITHOUT_BROKER = 8.0  # seconds: `manage.py work` has mails to send in between
EACH_WITHOUT_BROKER = 3.0


@shared_task
def publish_policies() -> int:
    """Keep each wording that has gone live since; returns how many."""
    return len(publish_all())


@shared_task(base=WakingTask)
def execute_retention() -> int:
    """Let each destroyer of the declarations have its turn, and ask for more of it if one was not through; returns how many rows went."""
    passed = walk(each=SECONDS) if settings.CELERY_BROKER_URL else walk(seconds=WITHOUT_BROKER, each=EACH_WITHOUT_BROKER)
    if any(one.left for one in passed):
        execute_retention.wake()
    return sum(one.rows for one in passed)


@shared_task
def look_at_promises() -> int:
    """Ask whether each promise is kept here, and keep what was found for the pages; returns how many are broken."""
    return sum(standing.outcome == Outcome.BROKEN for standing in promise_states.look())
