"""Sending, files of subscribers, the sweeps that belong to them, and the ends of retention."""

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from announcements.models import Announcement, Bounce, Delivery, State, SubscriberFile, Subscription
from announcements.models.delivery import WAITING
from announcements.personal_data import BOUNCES, DELIVERIES, SUBSCRIPTIONS
from announcements.sending import queue, starting, working
from announcements.subscribers import importing
from infacta.celery import WakingTask
from privacy.retention.batches import delete
from privacy.retention.due import rows

log = logging.getLogger(__name__)

BATCH = 10_000
SECONDS = 30
SECONDS_WITHOUT_BROKER = 5  # `manage.py work` has other sweeps to run


@shared_task(base=WakingTask)
def send_announcement(announcement_id: int) -> None:
    """List its recipients, or send, for SECONDS; then ask for more of it."""
    if working.work(announcement_id, SECONDS):
        send_announcement.wake(announcement_id)


@shared_task
def send_announcements() -> int:
    """Begin what is due, and have what is under way worked on; returns how many are."""
    for announcement in Announcement.objects.due(timezone.now()):
        by_itself(starting.begin, announcement)
    under_way = list(Announcement.objects.under_way().order_by("began_at").values_list("pk", flat=True))
    for pk in under_way:
        if settings.CELERY_BROKER_URL:
            send_announcement.wake(pk)
        else:
            by_itself(working.work, pk, SECONDS_WITHOUT_BROKER)
    return len(under_way)


def by_itself(work: Callable[..., Any], *args: Any) -> None:
    """What goes wrong with one announcement is logged, and tried again by the next sweep; it does not keep the others waiting."""
    try:
        work(*args)
    except Exception:
        log.exception("Something went wrong with the announcement %s.", getattr(args[0], "pk", args[0]))


@shared_task
def reclaim_deliveries() -> int:
    """Take back what workers that are gone had in hand, and skip what waits of cancelled announcements; returns how many deliveries."""
    reclaimed = queue.reclaim(timezone.now())
    waiting = Delivery.objects.filter(announcement=OuterRef("pk"), state__in=WAITING)
    for pk in Announcement.objects.filter(Exists(waiting), state=State.CANCELLED).values_list("pk", flat=True):
        while skipped := queue.skip_rest(pk, BATCH):
            reclaimed += skipped
    return reclaimed


@shared_task
def purge_subscriptions() -> int:
    """Delete those that nobody confirmed in time, and the proof of those that left long enough ago; returns how many."""
    return delete(rows(SUBSCRIPTIONS, Subscription, timezone.now()))


@shared_task
def purge_deliveries() -> int:
    """Delete who received what long enough ago; the announcement's counters stay. Returns how many."""
    return delete(rows(DELIVERIES, Delivery, timezone.now()), BATCH)


@shared_task
def purge_bounces() -> int:
    """Delete reports of bounces and complaints that are old enough; the suppression stays. Returns how many."""
    return delete(rows(BOUNCES, Bounce, timezone.now()))


@shared_task(base=WakingTask)
def import_subscribers() -> int:
    """Look through and import files of subscribers, for some seconds, and ask for more of it while there is; returns how many rows."""
    done = importing.work_due()
    if done and SubscriberFile.objects.under_way().exists():
        import_subscribers.wake()
    return done


@shared_task
def purge_subscriber_files() -> int:
    """Destroy the lines of files that nobody imported within a day; returns how many files."""
    return importing.purge_forgotten()
