"""Which cases are to be destroyed now, and which should have been."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from support.models import Case, CaseHold, Destruction
from support.models.case import CaseQuerySet
from support.models.destruction import DestructionQuerySet

LATE = timedelta(hours=1)
"""What was due so long ago and is not destroyed is overdue: workers look every minute."""


def due(now: datetime) -> CaseQuerySet:
    """Closed, their day has come, and no hold keeps them."""
    return Case.objects.due(now).exclude(Exists(CaseHold.objects.in_force(now).filter(case=OuterRef("pk"))))


def undestroyed(now: datetime) -> CaseQuerySet:
    """Whatever should be destroyed, begun or not: what is told in it is there still."""
    begun = Destruction.objects.unfinished().filter(due_at__lte=now)
    return Case.objects.filter(pk__in=due(now).order_by().values("pk").union(begun.order_by().values("case")))


def undestroyed_since(moment: datetime) -> CaseQuerySet:
    """What should have been destroyed at that moment, in the past; what a hold kept until later is not among them."""
    late = moment + LATE
    return Case.objects.filter(Q(pk__in=overdue_cases(late).values("pk")) | Q(pk__in=overdue_destructions(late).values("case")))


def overdue_cases(now: datetime) -> CaseQuerySet:
    """Those whose destruction should have begun by now; what a hold kept until lately is not among them."""
    late = now - LATE
    kept = CaseHold.objects.filter(case=OuterRef("pk"), until__gt=late).exclude(lifted_at__lte=late)
    return Case.objects.due(late).exclude(Exists(kept))


def overdue_destructions(now: datetime) -> DestructionQuerySet:
    """Those that have begun, and should be done by now."""
    return Destruction.objects.unfinished().filter(due_at__lte=now - LATE)


def held(now: datetime) -> CaseQuerySet:
    """Whose day has come, and which a hold keeps."""
    return Case.objects.due(now).filter(Exists(CaseHold.objects.in_force(now).filter(case=OuterRef("pk"))))


def moments(cases: Iterable[Case], now: datetime) -> dict[int, datetime]:
    """When each became due, by its number: on its day, or when the last hold ended. One that was not due is due now."""
    found = {case.pk: min(case.destroy_at or now, now) for case in cases}
    for hold in CaseHold.objects.filter(case__in=list(found)):
        ended = min(hold.until, hold.lifted_at or hold.until, now)
        found[hold.case_id] = max(found[hold.case_id], ended)
    return found
