"""The ends of retention."""

from celery import shared_task
from django.utils import timezone

from announcements.models import Bounce, Delivery, Subscription, SubscriptionState
from announcements.personal_data import BOUNCES, DELIVERIES, SUBSCRIPTIONS

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
