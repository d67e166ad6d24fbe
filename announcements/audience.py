"""Whom an announcement is for, as queries at the moment of asking (promise G3): customers belong without being asked, until they refuse.

What is asked here decides who is listed; what changes afterwards is asked again before each mail (Mailbox.objects.reachable).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.audience import audiences
from accounts.models import Hold, Suppression, User
from announcements.digests import digest_of_column
from announcements.models import Announcement, Mailbox, Subscription

Conditions = Mapping[str, Sequence[str]]
LANGUAGE = "language"


def conditions_of(announcement: Announcement) -> Conditions:
    """The chosen values of each kind; kinds of which nothing is chosen do not stand there."""
    chosen: dict[str, list[str]] = defaultdict(list)
    for condition in announcement.conditions.all():
        chosen[condition.audience].append(condition.value)
    return chosen


def customers(conditions: Conditions, topic: str) -> QuerySet[User]:
    """The customers whom it is for: those that fit, refuse neither announcements nor the topic, and have no account on hold. Nobody fits a kind of
    audience that this site does not know any more."""
    fitting = User.objects.filter(is_staff=False, opted_out_at=None).exclude(Hold.objects.stand_before("pk", timezone.now()))
    for kind, values in conditions.items():
        fitting = fitting.filter(audiences[kind].customers(values)) if kind in audiences else fitting.none()
    elsewhere = Mailbox.objects.filter(user=OuterRef("pk"), **{f"wants_{topic}": False})  # at an address that they had before
    return fitting.exclude(refused(topic)).exclude(Exists(elsewhere))


def subscriptions(conditions: Conditions, topic: str) -> QuerySet[Subscription]:
    """Those who joined, for whom it is; none where a condition speaks of what customers own, for of them nothing is known but the language."""
    joined = Subscription.objects.confirmed()
    if conditions.keys() - {LANGUAGE}:
        return joined.none()
    if LANGUAGE in conditions:
        joined = joined.filter(language__in=conditions[LANGUAGE])
    return joined.exclude(refused(topic))


def refused(topic: str) -> Q:
    """That the address of a row, in its column `email_key`, refuses the topic, or all of it."""
    its_mailbox = Mailbox.objects.filter(email_key=OuterRef("email_key"), **{f"wants_{topic}": False})
    suppressed = Suppression.objects.filter(digest=digest_of_column(OuterRef("email_key")))
    return Q(Exists(its_mailbox)) | Q(Exists(suppressed))


def count(conditions: Conditions, topic: str) -> int:
    """How many mailboxes that is now: who is a customer and has joined besides counts once."""
    among_customers = customers(conditions, topic)
    both = among_customers.filter(email_key=OuterRef("email_key"))
    return among_customers.count() + subscriptions(conditions, topic).exclude(Exists(both)).count()
