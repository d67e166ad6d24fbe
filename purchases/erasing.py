"""What becomes of orders, and of what partners told of them, when the buyer asks to be forgotten.

The law keeps the order: partner, reference, date, products, prices. Name, addresses, contact data and the IP address go, and so does the partner's number
of the buyer; so a later notification finds the order, and nobody behind it. A notification that was dealt with is emptied, and its row stays for
as long as it would have: the same one, sent again, is known by it, and brings nobody back.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.contact import CONTACT_FIELDS
from accounts.models import User
from accounts.personal_data.found import keys_of
from downloads.erasing import destroy_grants_of_nobody
from infacta.whole_addresses import stands_in
from privacy.erasing import Eraser
from privacy.subjects import DataSubject, at_address
from purchases.models import AwaitedReference, BuyerDetails, EventState, Purchase, PurchaseReference, WebhookEvent
from purchases.models.purchase import Role
from purchases.models.webhook_event import OPEN
from purchases.personal_data import ORDERS_OF_NOBODY

BLANK: dict[str, Any] = dict.fromkeys((*CONTACT_FIELDS, "email"), "") | {"ip": None}
EMPTY: dict[str, Any] = {"payload": {}, "read_back": None, "payload_sha256": ""}


def purchases_of(person: DataSubject) -> QuerySet[Purchase]:
    """The account's: every order has one."""
    return Purchase.objects.filter(user=person.account) if person.account is not None else Purchase.objects.none()


def readable(person: DataSubject) -> QuerySet[Purchase]:
    return purchases_of(person).exclude(**BLANK)


@transaction.atomic
def blank_purchases(person: DataSubject) -> None:
    """Under the account's lock, for whatever writes into an order has it."""
    User.objects.touch(person.account or 0)
    readable(person).update(**BLANK)


pseudonymise = Eraser(blank_purchases, lambda person: readable(person).count())


def references_to_buyer(person: DataSubject) -> QuerySet[PurchaseReference]:
    return PurchaseReference.objects.filter(purchase__in=purchases_of(person), role=Role.BUYER)


def details_of(person: DataSubject) -> QuerySet[BuyerDetails]:
    """By the partner's numbers of the buyer, and by the addresses."""
    told = at_address("details__email", person)
    for partner, reference in references_to_buyer(person).values_list("partner", "reference"):
        told |= Q(partner=partner, reference=reference)
    return BuyerDetails.objects.filter(told)


@transaction.atomic
def cut_off_buyer(person: DataSubject) -> None:
    """What was told of the buyer first, for the references lead there."""
    details_of(person).delete()
    references_to_buyer(person).delete()


forget_buyers = Eraser(cut_off_buyer, lambda person: details_of(person).count() + references_to_buyer(person).count())


def notifications_of(person: DataSubject) -> QuerySet[WebhookEvent]:
    """Those of the person's orders that were dealt with, and those that name one of the addresses; what is open is still to be done, and is
    emptied when that is (`empty_if_nobodys`)."""
    theirs = Q(pk__in=[])
    for partner, order, own in orders_of(person):
        theirs |= Q(partner=partner) & (Q(order_reference__in=[order, *own]) | Q(parent_order_reference__in=[order, *own]))
    return WebhookEvent.objects.filter(theirs | Q(pk__in=naming({*person.addresses, *keys_of(person)})))


def naming(addresses: Iterable[str]) -> list[int]:
    """Those that name one of the addresses: what the database finds is looked at, for a longer address may hold it, and is another's."""
    found = []
    for address in sorted(addresses):
        likely = WebhookEvent.objects.filter(Q(payload__icontains=address) | Q(read_back__icontains=address))
        rows = likely.order_by().values_list("pk", "payload", "read_back")
        found += [pk for pk, *told in rows.iterator(500) if stands_in(told, address)]
    return found


def orders_of(person: DataSubject) -> list[tuple[str, str, list[str]]]:
    """Partner and reference of each order, and by what else the partner names that order alone."""
    also: dict[int, list[str]] = {}
    for purchase, reference in PurchaseReference.objects.filter(purchase__in=purchases_of(person), role=Role.ORDER).values_list(
        "purchase", "reference"
    ):
        also.setdefault(purchase, []).append(reference)
    rows = purchases_of(person).values_list("pk", "partner", "order_reference")
    return [(partner, order, also.get(pk, [])) for pk, partner, order in rows]


def full(person: DataSubject) -> QuerySet[WebhookEvent]:
    return notifications_of(person).exclude(state__in=OPEN).exclude(**EMPTY)


@transaction.atomic
def empty_those_dealt_with(person: DataSubject) -> None:
    numbers = list(full(person).select_for_update().order_by("pk").values_list("pk", flat=True))
    empty(numbers)


def empty(numbers: list[int]) -> None:
    """One that had failed is over: nobody could work on it any more."""
    WebhookEvent.objects.filter(pk__in=numbers).update(**EMPTY)
    failed = WebhookEvent.objects.filter(pk__in=numbers, state=EventState.FAILED)
    failed.update(state=EventState.IGNORED, state_reason=_("The buyer was erased."), handled_at=timezone.now())
    AwaitedReference.objects.filter(event__in=numbers).delete()


empty_notifications = Eraser(empty_those_dealt_with, lambda person: full(person).count())


def empty_if_nobodys(row: WebhookEvent, owner: User) -> None:
    """A notification about the order of somebody who was erased has done its work: what it told of them goes at once."""
    if owner.erased_at and row.state not in OPEN:
        empty([row.pk])


def orders_of_nobody(now: datetime) -> QuerySet[Purchase]:
    """Orders of people who were erased that the law does not demand any more, renewed by none that stays."""
    old = Purchase.objects.filter(user__erased_at__isnull=False, purchased_at__lt=ORDERS_OF_NOBODY.oldest(now))
    return old.exclude(Exists(Purchase.objects.filter(renews=OuterRef("pk"))))


@transaction.atomic
def destroy_orders_of_nobody(now: datetime) -> int:
    """Delete these, and what they granted; returns how many rows are gone."""
    gone = 0
    while numbers := list(orders_of_nobody(now).values_list("pk", flat=True)[:500]):
        gone += Purchase.objects.filter(pk__in=numbers).delete()[0]
    return gone + destroy_grants_of_nobody(ORDERS_OF_NOBODY.oldest(now))
