"""What a registration holds is given back: when nobody confirmed it within its hour, or it is given up before (promotions/registration.py)."""

import logging

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from audit.kinds import Kind
from audit.log import record
from promotions.models import PromoCode, Promotion, Redemption, RedemptionState, Registrant

log = logging.getLogger(__name__)
BATCH = 500


def lapse_due() -> int:
    """Give back the uses of registrations that nobody confirmed in time, each in a transaction of its own; returns how many.

    One that breaks is logged, and waits for the next sweep: it keeps none of those behind it waiting.
    """
    lapsed = last = 0
    due = Redemption.objects.lapsing(timezone.now()).order_by("pk").values_list("pk", flat=True)
    while piece := list(due.filter(pk__gt=last)[:BATCH]):
        lapsed += sum(map(lapse_or_log, piece))
        last = piece[-1]
    return lapsed


def lapse_or_log(pk: int) -> bool:
    try:
        return lapse(pk)
    except Exception:
        log.exception("The registration %s cannot lapse.", pk)
        return False


def lapse(pk: int) -> bool:
    """Whether this registration lapsed now; of two who try, one does it."""
    return release(Redemption.objects.lapsing(timezone.now()).filter(pk=pk), pk)


def give_up(redemption: Redemption) -> bool:
    """Let a registration lapse before its hour is over."""
    return release(Redemption.objects.filter(pk=redemption.pk, state=RedemptionState.HELD), redemption.pk)


@transaction.atomic
def release(due: QuerySet[Redemption], pk: int) -> bool:
    """Give back what this registration holds, if it is due; of two who try, one does it."""
    if not due.update(state=RedemptionState.LAPSED):
        return False
    redemption = Redemption.objects.select_related("promotion").get(pk=pk)
    theirs = Registrant.objects.filter(promotion=redemption.promotion_id, abuse_key=redemption.abuse_key, taken__gt=0)
    theirs.update(taken=F("taken") - 1)
    PromoCode.objects.filter(pk=redemption.code_id).release()
    record(Kind.REGISTRATION_LAPSED, promotion=redemption.promotion.slug, registration=pk)
    Promotion.objects.filter(pk=redemption.promotion_id).release()
    return True
