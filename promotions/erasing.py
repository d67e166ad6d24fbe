"""What becomes of registrations for promotions when the person asks to be forgotten.

What is held is given back first, so that every counter stays right. What was granted stays as a number, with the keyed digest that holds a promotion
to so many registrations a person, for as long as that digest is kept anyway (promotions.tasks.purge_persons).
"""

from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.contact import CONTACT_FIELDS
from accounts.personal_data.found import keys_of
from privacy.erasing import Eraser
from privacy.subjects import DataSubject
from promotions.lapsing import give_up
from promotions.models import Redemption, RedemptionState

BLANK: dict[str, Any] = dict.fromkeys((*CONTACT_FIELDS, "email", "email_key"), "") | {"ip": None, "is_disposable": False}
WITHOUT_EFFECT = (RedemptionState.LAPSED, RedemptionState.REFUSED)


def registrations_of(person: DataSubject) -> QuerySet[Redemption]:
    """Those of the account, and those of nobody's account with the addresses: an address may have been another account's."""
    theirs = Q(user=None, email_key__in=keys_of(person))
    if person.account is not None:
        theirs |= Q(user=person.account)
    return Redemption.objects.filter(theirs)


def left(person: DataSubject) -> QuerySet[Redemption]:
    """What is held, what came to nothing, and what can be read."""
    to_go = Q(state__in=[RedemptionState.HELD, *WITHOUT_EFFECT], user=None) & ~Q(email_key="")
    return registrations_of(person).filter(to_go | ~Q(**BLANK))


def forget(person: DataSubject) -> None:
    """The link that was mailed leads nowhere afterwards: its number is another one."""
    for held in registrations_of(person).filter(state=RedemptionState.HELD):
        give_up(held)
    with transaction.atomic():
        registrations_of(person).filter(state__in=WITHOUT_EFFECT, user=None).delete()
        for kept in left(person).select_for_update(of=("self",)).order_by("pk"):
            Redemption.objects.filter(pk=kept.pk).update(**BLANK, key=uuid4())


anonymise = Eraser(forget, lambda person: left(person).count())
