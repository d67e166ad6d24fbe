"""Closing a case sets the day on which all of it is destroyed; until then it can be opened again. A suspicion of fraud can put that day off."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from support.cases.mails import mail
from support.cases.writing import locked
from support.models import Case, CaseHold, State

LONGEST_HOLD = timedelta(days=365)


@transaction.atomic
def close(case: Case, *, by: Any = None, request: HttpRequest | None = None, quiet_days: int = 0) -> bool:
    """The matter is dealt with; `by` is the member of staff, None the customer or the schedule. False if it was closed. Raises Gone.

    `quiet_days`: for so long nobody has written, and the mail says that it is closed for that.
    """
    held = locked(case)
    if held.is_closed:
        return False
    shut(held, by=by, request=request)
    mail(held, "closed", f"closed:{timezone.now().timestamp()}", quiet_days=quiet_days)
    return True


def shut(held: Case, *, by: Any = None, request: HttpRequest | None = None, grace: timedelta = Case.GRACE) -> None:
    """Close a locked case whose customer learns of it by another mail; it is destroyed after `grace`."""
    now = timezone.now()
    held.state, held.closed_at, held.destroy_at, held.waiting_since = State.CLOSED, now, now + grace, None
    held.save(update_fields=["state", "closed_at", "destroy_at", "waiting_since"])
    record(Fact.CASE_CLOSED, user=held.user, actor=by, request=request, case=held.reference, **in_role(by))


@transaction.atomic
def reopen(case: Case, *, by: Any = None, request: HttpRequest | None = None) -> bool:
    """It is not dealt with after all. False if it is open. Raises Gone."""
    held, now = locked(case), timezone.now()
    if not held.is_closed:
        return False
    held.state, held.closed_at, held.destroy_at, held.waiting_since = State.OPEN, None, None, now
    held.save(update_fields=["state", "closed_at", "destroy_at", "waiting_since"])
    record(Fact.CASE_REOPENED, user=held.user, actor=by, request=request, case=held.reference, **in_role(by))
    return True


@transaction.atomic
def keep_for_fraud(case: Case, *, reason: str, until: datetime, by: Any, request: HttpRequest | None = None) -> CaseHold | None:
    """Put off the destruction until then at the latest, for a reason that stands in the customer's report. None if a hold is in force. Raises Gone.

    ValueError if `until` does not lie within a year.
    """
    held, now = locked(case), timezone.now()
    if not now < until <= now + LONGEST_HOLD:
        raise ValueError("a hold ends within a year")
    CaseHold.objects.filter(case=held, lifted_at=None, until__lte=now).update(lifted_at=now)
    hold, made = CaseHold.objects.get_or_create(case=held, lifted_at=None, defaults={"reason": reason, "until": until, "placed_by": by})
    if not made:
        return None
    record(Fact.CASE_HELD, user=held.user, actor=by, request=request, case=held.reference, **in_role(by))
    return hold


@transaction.atomic
def lift(hold: CaseHold, *, by: Any, request: HttpRequest | None = None) -> bool:
    """The suspicion is gone: what was due is destroyed at the next sweep. False if it was lifted already."""
    if not CaseHold.objects.filter(pk=hold.pk, lifted_at=None).update(lifted_at=timezone.now()):
        return False
    record(Fact.CASE_HOLD_LIFTED, user=hold.case.user, actor=by, request=request, case=hold.case.reference, **in_role(by))
    return True
