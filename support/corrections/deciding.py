"""What staff decide about a correction: made by a button, made by hand, or refused with a reason. Of each the customer is told by one mail.

The facts of the audit log are never changed. That one is wrong is a fact of its own, which is added to the log.
"""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import in_role, role_of
from audit.kinds import Kind as Fact
from audit.log import record
from audit.models import AuditEvent
from support.cases.closing import shut
from support.cases.hands import Decided, in_hand
from support.cases.mails import mail
from support.cases.writing import said
from support.corrections.targets import Target, target_of
from support.models import Author, Case, Correction, CorrectionOutcome, CorrectionRequest


class Changed(Exception):
    """What is to be corrected is not any more what the member of staff saw."""


@transaction.atomic
def apply(case: Case, key: str, before: str, value: str, text: str, *, is_all: bool, by: Any, request: HttpRequest) -> Target:
    """Write the value into the field that `key` names, which still holds `before`; `text` tells the customer, and with `is_all` the case closes.

    Raises Gone, NotYours, Decided, NoTarget, ValidationError and Changed; nothing is done then.
    """
    customer = case.user
    if customer is None:
        raise Decided
    User.objects.touch(customer.pk)
    held = in_hand(case, by)
    asked = request_of(held)
    target = target_of(customer, key)
    cleaned = target.cleaned(value)
    if cleaned == before or not target.change(before, cleaned):
        raise Changed
    note_correction(held, by, request, model=target.model, field=target.field)
    conclude(asked, CorrectionOutcome.MADE, "correction_made", text, is_all, by, request, label=target.label)
    return target


@transaction.atomic
def made_by_hand(case: Case, text: str, event: int | None, *, by: Any, request: HttpRequest) -> None:
    """Staff have corrected something elsewhere, and tell the customer what; or say that the entry `event` of the audit log is wrong, which stands in
    the log from now on. Raises Gone, NotYours, Decided, and AuditEvent.DoesNotExist for an entry that is not about this customer.
    """
    held = in_hand(case, by)
    asked = request_of(held)
    if event is None:
        note_correction(held, by, request)
    else:
        wrong = AuditEvent.objects.get(pk=event, user=held.user) if held.user_id else None
        if wrong is None:
            raise AuditEvent.DoesNotExist
        record(Fact.FACT_DISPUTED, user=held.user, actor=by, request=request, case=held.reference, event=wrong.pk, **in_role(by))
    conclude(asked, CorrectionOutcome.MADE, "correction_made", text, True, by, request)


@transaction.atomic
def refuse(case: Case, text: str, *, by: Any, request: HttpRequest) -> None:
    """Nothing is changed; `text` is the reason, which the customer reads, with whom else they can turn to. Raises Gone, NotYours and Decided."""
    held = in_hand(case, by)
    asked = request_of(held)
    record(Fact.CORRECTION_REFUSED, user=held.user, actor=by, request=request, case=held.reference, **in_role(by))
    conclude(asked, CorrectionOutcome.REFUSED, "correction_refused", text, True, by, request)


def request_of(held: Case) -> CorrectionRequest:
    """What was asked for in a locked case, if it still waits for a decision: Decided if not. Something made before all is done leaves it waiting."""
    asked = CorrectionRequest.objects.filter(case=held, outcome=CorrectionOutcome.WAITING).first()
    if asked is None:
        raise Decided
    asked.case = held
    return asked


def note_correction(held: Case, by: Any, request: HttpRequest, *, model: str = "", field: str = "") -> None:
    """That something was corrected, without the values; of which record and field, if a button did it."""
    record(Fact.CORRECTION_APPLIED, user=held.user, actor=by, request=request, case=held.reference, model=model, field=field, **in_role(by))
    if held.user:
        Correction.objects.create(user=held.user, model=model, field=field, role=role_of(by))


def conclude(
    asked: CorrectionRequest,
    outcome: CorrectionOutcome,
    name: str,
    text: str,
    is_all: bool,
    by: Any,
    request: HttpRequest,
    **context: Any,
) -> None:
    """Say it in the thread and by one mail; close the case if that is all."""
    held = asked.case
    message = said(held, Author.STAFF, text, by, None)
    held.first_answered_at, held.last_written_at = held.first_answered_at or message.written_at, message.written_at
    held.save(update_fields=["first_answered_at", "last_written_at"])
    if is_all:
        CorrectionRequest.objects.filter(pk=asked.pk).update(outcome=outcome)
        shut(held, by=by, request=request)
    mail(held, name, f"correction:{message.pk}", text=text, is_all=is_all, privacy_email=settings.PRIVACY_EMAIL, **context)
