"""Which rows of announcements are due, where no field says it by itself. Named in the declarations; their destroyers ask there."""

from datetime import datetime

from django.db.models import QuerySet

from announcements.models import Delivery, SubscriberFile, SubscriberFilePiece, Subscription, SubscriptionState
from announcements.models.delivery import DeliveryQuerySet
from announcements.models.subscription import SubscriptionQuerySet
from announcements.personal_data import DELIVERIES, SUBSCRIPTIONS


def subscriptions(now: datetime) -> SubscriptionQuerySet:
    """Those that nobody confirmed in time, and the proof of those that left long enough ago."""
    left = Subscription.objects.filter(state=SubscriptionState.LEFT, left_at__lt=SUBSCRIPTIONS.oldest(now))
    return Subscription.objects.lapsed(now) | left


def deliveries(now: datetime) -> DeliveryQuerySet:
    """What was settled so long ago belongs to an announcement that began before: so no delivery of a later one is looked at."""
    oldest = DELIVERIES.oldest(now)
    return Delivery.objects.filter(announcement__began_at__lt=oldest, settled_at__lt=oldest)


def forgotten_lines(now: datetime) -> QuerySet[SubscriberFilePiece]:
    """The lines of files that were looked through, and that nobody wanted imported."""
    return SubscriberFilePiece.objects.filter(file__in=SubscriberFile.objects.forgotten(now))
