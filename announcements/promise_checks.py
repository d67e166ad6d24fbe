"""What this installation knows of the promises about announcements (G3, C11)."""

from datetime import timedelta

from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Suppression
from announcements.models import Delivery
from announcements.models.delivery import DeliveryState
from announcements.models.mailbox import Basis
from privacy.promise_checks import Outcome, checks

SAMPLE = 20_000
"""So many of the latest deliveries are looked at; they are in the order of their numbers."""
ON_THE_WIRE = timedelta(minutes=10)
"""What was handed to a relay while somebody left may arrive after that."""


@checks("G3")
def who_left_got_nothing() -> tuple[Outcome, str]:
    wishes = Suppression.objects.wishes().filter(digest=OuterRef("mailbox__digest"), since__lt=OuterRef("settled_at") - ON_THE_WIRE)
    return told(latest_sent().filter(Exists(wishes)), "to addresses that wanted no more")


@checks("C11")
def who_opted_out_got_nothing() -> tuple[Outcome, str]:
    opted_out = latest_sent().filter(basis=Basis.CUSTOMER, mailbox__user__opted_out_at__lt=F("settled_at") - ON_THE_WIRE)
    return told(opted_out, "to customers who had opted out")


def latest_sent() -> "QuerySet[Delivery]":
    newest = Delivery.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return Delivery.objects.filter(pk__gt=newest - SAMPLE, state=DeliveryState.SENT).order_by()


def told(wrong: "QuerySet[Delivery]", to_whom: str) -> tuple[Outcome, str]:
    """What is said of deliveries that should not be."""
    if numbers := list(wrong.values_list("pk", flat=True)[:5]):
        return Outcome.BROKEN, f"announcements were sent {to_whom}: deliveries {', '.join(map(str, numbers))}"
    return Outcome.KEPT, f"of the latest {latest_sent().count():,} announcements sent none went {to_whom}"


@checks("G3")
def nothing_hangs_in_a_workers_hand() -> tuple[Outcome, str]:
    late = Delivery.objects.abandoned(timezone.now() - ON_THE_WIRE).count()
    if late:
        return Outcome.BROKEN, f"{late} deliveries have lain for too long in the hands of a worker that did not report back"
    return Outcome.KEPT, "no delivery lies in the hands of a worker that did not report back"
