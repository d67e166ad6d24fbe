"""Files of subscribers, and the ends of retention."""

from celery import shared_task
from django.utils import timezone

from announcements.models import Bounce, Delivery, SubscriberFile, Subscription, SubscriptionState
from announcements.personal_data import BOUNCES, DELIVERIES, SUBSCRIPTIONS
from announcements.subscribers import importing
from infacta.celery import WakingTask

BATCH = 10_000


@shared_task
def purge_subscriptions() -> int:
    """Delete those that nobody confirmed in time, and the proof of those that left long enough ago; returns how many."""
    now = timezone.now()
    lapsed = Subscription.objects.lapsed(now).delete()[0]
    return lapsed + Subscription.objects.filter(state=SubscriptionState.LEFT, left_at__lt=SUBSCRIPTIONS.oldest(now)).delete()[0]


@shared_task
def purge_deliveries() -> int:
    """Delete who received what long enough ago, in batches; the announcement's counters stay. Returns how many."""
    old = Delivery.objects.filter(settled_at__lt=DELIVERIES.oldest(timezone.now())).order_by("pk")
    deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        deleted += Delivery.objects.filter(pk__in=ids).delete()[0]
    return deleted


@shared_task
def purge_bounces() -> int:
    """Delete reports of bounces and complaints that are old enough; the suppression stays. Returns how many."""
    return Bounce.objects.filter(at__lt=BOUNCES.oldest(timezone.now())).delete()[0]


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
