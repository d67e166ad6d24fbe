"""What staff decide about an objection: upheld, with what was done; or refused, with the reason. Of each the customer is told by one mail."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from support.cases.closing import shut
from support.cases.hands import Decided, in_hand
from support.cases.mails import mail
from support.cases.writing import said
from support.models import Author, Case, Objection, ObjectionOutcome

FACTS = {ObjectionOutcome.UPHELD: Fact.OBJECTION_UPHELD, ObjectionOutcome.REFUSED: Fact.OBJECTION_REFUSED}
MAILS = {ObjectionOutcome.UPHELD: "objection_upheld", ObjectionOutcome.REFUSED: "objection_refused"}


@transaction.atomic
def decide(case: Case, outcome: ObjectionOutcome, text: str, *, by: Any, request: HttpRequest) -> None:
    """`text` says what was done, or why not; the customer reads it in the case and in the mail. Raises Gone, NotYours and Decided."""
    held = in_hand(case, by)
    waiting = Objection.objects.filter(case=held, outcome=ObjectionOutcome.WAITING)
    objection = waiting.first()
    if objection is None or not waiting.update(outcome=outcome):
        raise Decided
    record(FACTS[outcome], user=held.user, actor=by, request=request, case=held.reference, purpose=objection.purpose, **in_role(by))
    message = said(held, Author.STAFF, text, by, None)
    held.first_answered_at, held.last_written_at = held.first_answered_at or message.written_at, message.written_at
    held.save(update_fields=["first_answered_at", "last_written_at"])
    shut(held, by=by, request=request)
    mail(held, MAILS[outcome], f"objection:{message.pk}", text=text, privacy_email=settings.PRIVACY_EMAIL)
