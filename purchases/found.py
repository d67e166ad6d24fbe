"""By what rows of orders without a relation to the account are found: by the orders that are the person's, and how the partner names those."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from privacy.subjects import DataSubject, at_address
from purchases.models import Purchase, PurchaseReference, WebhookEvent
from purchases.models.purchase import Role


def purchases(person: DataSubject) -> Q:
    return at_address("email", person, user=None)


def of_purchase(person: DataSubject) -> Q:
    return at_address("purchase__email", person, purchase__user=None)


def of_item(person: DataSubject) -> Q:
    return at_address("item__purchase__email", person, item__purchase__user=None)


def theirs(person: DataSubject) -> QuerySet[Purchase]:
    """The orders that are the person's: the account's, and those of nobody's account with their address."""
    return Purchase.objects.filter(Q(user__isnull=False, user=person.account) | purchases(person)).order_by()


def referred_to(person: DataSubject, column: str, **besides: object) -> Exists:
    """Whether a column of a row names one of the orders by a further reference of the same partner."""
    named = PurchaseReference.objects.filter(partner=OuterRef("partner"), reference=OuterRef(column), purchase__in=theirs(person))
    return Exists(named.filter(**besides).order_by())


def ordered_by(person: DataSubject, column: str) -> Exists:
    return Exists(theirs(person).filter(partner=OuterRef("partner"), order_reference=OuterRef(column)))


def buyers(person: DataSubject) -> Q:
    return Q(referred_to(person, "reference", role=Role.BUYER))


def notifications(person: DataSubject) -> Q:
    columns = ("order_reference", "parent_order_reference")
    found = Q(pk__in=[])
    for column in columns:
        found |= Q(ordered_by(person, column)) | Q(referred_to(person, column))
    return found


def awaited(person: DataSubject) -> Q:
    return Q(event__in=WebhookEvent.objects.filter(notifications(person)).order_by()) | Q(referred_to(person, "reference"))
