"""What becomes of mailboxes, of what they joined and of what went there, when their reader asks to be forgotten.

Digest and token of a mailbox stay: the way out of mails that were sent never closes, and nobody is written to again (promise G3).
"""

from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from accounts.personal_data.found import digests_of, keys_of
from announcements.models import Announcement, Bounce, Delivery, DeliveryState, Mailbox, Subscription
from announcements.models.delivery import IN_HAND, WAITING
from privacy.erasing import Eraser
from privacy.subjects import DataSubject

BLANK: dict[str, Any] = {"email": "", "email_key": None, "user": None, "soft_bounces": 0}
BLANK |= {"wants_releases": True, "wants_updates": True, "wants_offers": True}


def mailboxes_of(person: DataSubject) -> QuerySet[Mailbox]:
    """The account's, and those of the addresses: also where an address is erased already, by its digest."""
    theirs = Q(digest__in=digests_of(person))
    if person.account is not None:
        theirs |= Q(user=person.account)
    return Mailbox.objects.filter(theirs)


def deliveries_of(person: DataSubject) -> QuerySet[Delivery]:
    return Delivery.objects.filter(mailbox__in=mailboxes_of(person))


@transaction.atomic
def take_back(person: DataSubject) -> None:
    """What waits, or is in a worker's hand and not on the wire, does not go out: its row is gone when the worker commits its intent. It counts as
    skipped, so that an announcement's numbers still sum.
    """
    open_ones = deliveries_of(person).filter(state__in=[*WAITING, *IN_HAND]).select_for_update(of=("self",)).order_by("pk")
    skipped = Delivery.objects.filter(pk__in=[delivery.pk for delivery in open_ones], state__in=[*WAITING, *IN_HAND])
    for announcement, count in skipped.order_by().values_list("announcement").annotate(Count("pk")):
        Announcement.objects.filter(pk=announcement).update(skipped=F("skipped") + count)
    skipped.update(state=DeliveryState.SKIPPED, settled_at=timezone.now(), lease_token="", lease_until=None)
    deliveries_of(person).delete()


forget_deliveries = Eraser(take_back, lambda person: deliveries_of(person).count())


def bounces_of(person: DataSubject) -> QuerySet[Bounce]:
    return Bounce.objects.filter(mailbox__in=mailboxes_of(person))


@transaction.atomic
def delete_bounces(person: DataSubject) -> None:
    bounces_of(person).delete()


forget_bounces = Eraser(delete_bounces, lambda person: bounces_of(person).count())


def readable(person: DataSubject) -> QuerySet[Mailbox]:
    return mailboxes_of(person).exclude(**BLANK)


@transaction.atomic
def blank(person: DataSubject) -> None:
    readable(person).update(**BLANK)


erase_mailboxes = Eraser(blank, lambda person: readable(person).count())


def subscriptions_of(person: DataSubject) -> QuerySet[Subscription]:
    return Subscription.objects.filter(email_key__in=keys_of(person))


@transaction.atomic
def delete_subscriptions(person: DataSubject) -> None:
    subscriptions_of(person).delete()


forget_subscriptions = Eraser(delete_subscriptions, lambda person: subscriptions_of(person).count())
