"""Working on partners' notifications, and the end of their retention."""

from celery import shared_task
from django.utils import timezone

from infacta.celery import WakingTask
from privacy.retention.batches import delete
from privacy.retention.due import rows
from purchases.erasing import destroy_orders_of_nobody
from purchases.intake.handling import handle
from purchases.models import BuyerDetails, WebhookEvent
from purchases.personal_data import BUYERS, NOTIFICATIONS
from purchases.standing.silence import end_silences, find_silences

BATCH = 100


@shared_task(base=WakingTask)
def fulfil_event(event_id: int) -> bool:
    """Work on one notification; a worker is woken with it when it arrives."""
    return handle(event_id)


@shared_task
def fulfil_due_events() -> int:
    """Work on whatever is due, oldest first, until nothing is; returns how many. What another worker has in hand is its own."""
    worked = 0
    while due := list(WebhookEvent.objects.due(timezone.now()).order_by("next_try_at", "pk").values_list("pk", flat=True)[:BATCH]):
        handled = sum(handle(event_id) for event_id in due)
        if not handled:
            break
        worked += handled
    return worked


@shared_task
def purge_events() -> int:
    """Delete notifications that were dealt with long enough ago, in batches; returns how many. Open and failed ones stay until somebody decides."""
    return delete(rows(NOTIFICATIONS, WebhookEvent, timezone.now()))


@shared_task
def purge_buyers() -> int:
    """Delete what was told of buyers long enough ago; returns how much. Their orders hold what they need of it."""
    return delete(rows(BUYERS, BuyerDetails, timezone.now()))


@shared_task
def purge_orders_of_nobody() -> int:
    """Delete orders of people who were erased when the law does not demand them any more; returns how many rows are gone."""
    return destroy_orders_of_nobody(timezone.now())


@shared_task
def notice_silence() -> int:
    """Tell support of partners that are silent for longer than usual, once a silence; returns how many began. What is over is ended."""
    now = timezone.now()
    end_silences(now)
    return find_silences(now)
