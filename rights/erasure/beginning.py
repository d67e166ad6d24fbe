"""The beginning of an erasure, from which there is no way back: the account is closed, and the log outside of the database names it.

All of it is one transaction, and the log is written last in it: if the commit fails, the log names an erasure that has not begun, and the next try
begins it under the same number.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import erasing
from audit.kinds import Kind as Fact
from audit.log import record
from privacy.subjects import DataSubject
from rights.erasure.planning import steps
from rights.models import Erasure, ErasureStep, SubjectRequest


@transaction.atomic
def begun(
    request: SubjectRequest,
    person: DataSubject,
    to: str,
    language: str,
    *,
    rows: dict[str, int] | None = None,
    originally_at: datetime | None = None,
    logged_as: int | None = None,
    receipt: str = "",
) -> Erasure:
    """Close the account, and write down whom it is about, sealed, with every step that is to be taken. NotYet for a member of staff.

    `rows` are how many rows each step will find, as far as that is known. `to` is where the receipt goes, "" for nowhere.
    """
    erasing.close(person)
    erasure = Erasure(
        request=request,
        number=request.number,
        asked_at=request.asked_at,
        closed_at=timezone.now(),
        originally_at=originally_at,
        logged_as=logged_as,
    )
    erasure.receipt = receipt or erasure.receipt
    erasure.seal(person, to, language)
    erasure.save(force_insert=True)
    SubjectRequest.objects.filter(pk=request.pk).update(steps=plan(erasure, rows or {}) + 1, steps_done=1)
    record(Fact.ERASURE_BEGUN, user=request.user, request=None, number=request.number)
    return erasure


def plan(erasure: Erasure, rows: dict[str, int]) -> int:
    """Every step, in its order; returns how many. For the request, closing the account was one too."""
    planned = [
        ErasureStep(erasure=erasure, name=step.name, position=position, rows=rows.get(step.name, 0))
        for position, step in enumerate(steps())
    ]
    ErasureStep.objects.bulk_create(planned)
    return len(planned)
