"""What becomes of unlock codes and of the ledger of downloads when their owner asks to be forgotten.

Entitlements stay, for orders point to them. Of a code its digest stays: revoked ones stay in the public list, and the product of whoever has a code in
hand goes on working. The ledger keeps its numbers, so that it still sums to the counters.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import PROTECT, RESTRICT, F, QuerySet, Value
from django.db.models.functions import Concat, Left
from django.db.models.query import QuerySet as PlainQuerySet

from downloads.models import AllowanceEntry, Entitlement, UnlockCode
from downloads.unlock_code_format import BLANK_DIGITS, BLANK_MARK
from privacy.erasing import Eraser
from privacy.subjects import DataSubject


def codes_of(person: DataSubject) -> QuerySet[UnlockCode]:
    """Those that can still be read."""
    mine = UnlockCode.objects.filter(entitlement__user=person.account) if person.account is not None else UnlockCode.objects.none()
    return mine.exclude(code__startswith=BLANK_MARK)


@transaction.atomic
def make_unreadable(person: DataSubject) -> None:
    """What stands in the code's place is made of its digest, unique as that is, and found by whoever types the code."""
    codes_of(person).update(code=Concat(Value(BLANK_MARK), Left(F("digest"), BLANK_DIGITS)))


blank_codes = Eraser(make_unreadable, lambda person: codes_of(person).count())


def reasons_of(person: DataSubject) -> "PlainQuerySet[AllowanceEntry]":
    """By a plain query set: the ledger's own refuses every change, and this is the only one that there is. No number changes by it."""
    entries: PlainQuerySet[AllowanceEntry] = PlainQuerySet(AllowanceEntry)
    return entries.filter(entitlement__user=person.account).exclude(reason="") if person.account is not None else entries.none()


@transaction.atomic
def forget_reasons(person: DataSubject) -> None:
    reasons_of(person).update(reason="")


blank_reasons = Eraser(forget_reasons, lambda person: reasons_of(person).count())


def destroy_grants_of_nobody(moment: datetime) -> int:
    """Entitlements of people who were erased, granted before then, that nothing points to any more which keeps them: no order and no registration.

    One with a revoked code stays: its digest keeps the code in the public list. Returns how many rows are gone.
    """
    granted = Entitlement.objects.filter(user__erased_at__isnull=False, granted_at__lt=moment)
    for relation in Entitlement._meta.related_objects:
        if relation.on_delete in (PROTECT, RESTRICT):
            granted = granted.filter(**{f"{relation.name}__isnull": True})
    return int(granted.exclude(unlock_codes__revoked_at__isnull=False).delete()[0])
