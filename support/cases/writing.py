"""Writing in a case: by the customer, which opens it again if it was closed; by staff; and by staff among themselves."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.limits import CASE_MESSAGES, demand
from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from support.cases.attaching import Incoming, attach
from support.cases.mails import mail
from support.models import Author, Case, CaseMessage, Channel, Life, State


class Gone(Exception):
    """The case is destroyed, or about to be: nothing can be added to it."""


@transaction.atomic
def customer_writes(
    case: Case,
    text: str,
    channel: Channel,
    *,
    incoming: Sequence[Incoming] = (),
    quoted: str = "",
    sender: str = "",
    submission: str | None = None,
    request: HttpRequest | None = None,
) -> CaseMessage:
    """Keep what the customer writes; it is our turn again, and a closed case is open. The same `submission` again is the same message.

    Raises Gone, CannotAttach and TooManyTries.
    """
    held = locked(case)
    if before := sent_before(held, submission):
        return before
    demand(CASE_MESSAGES, str(held.pk))
    message = CaseMessage(case=held, author=Author.CUSTOMER, channel=channel, submission=submission)
    message.seal(text, quoted, sender)
    message.save(force_insert=True)
    was_closed = held.is_closed
    held.state, held.closed_at, held.destroy_at = State.OPEN, None, None
    held.waiting_since, held.last_written_at = held.waiting_since or message.written_at, message.written_at
    held.save(update_fields=["state", "closed_at", "destroy_at", "waiting_since", "last_written_at"])
    record(Fact.CASE_REOPENED if was_closed else Fact.CASE_WRITTEN, user=held.user, request=request, case=held.reference)
    attach(message, incoming)
    return message


@transaction.atomic
def answer(case: Case, text: str, *, by: Any, submission: str | None = None, request: HttpRequest | None = None) -> CaseMessage:
    """Answer the customer, in the case and by mail. The same `submission` again is the same answer. Raises Gone."""
    held = locked(case)
    if before := sent_before(held, submission):
        return before
    message = said(held, Author.STAFF, text, by, submission)
    held.state, held.closed_at, held.destroy_at, held.waiting_since = State.ANSWERED, None, None, None
    held.first_answered_at, held.last_written_at = held.first_answered_at or message.written_at, message.written_at
    held.save(update_fields=["state", "closed_at", "destroy_at", "waiting_since", "first_answered_at", "last_written_at"])
    record(Fact.CASE_ANSWERED, user=held.user, actor=by, request=request, case=held.reference, **in_role(by))
    mail(held, "answered", f"answer:{message.pk}", text=text)
    return message


@transaction.atomic
def note(case: Case, text: str, *, by: Any, submission: str | None = None) -> CaseMessage:
    """What staff write for each other; the customer never sees it, but for the report of all that is recorded. Raises Gone."""
    held = locked(case)
    if before := sent_before(held, submission):
        return before
    return said(held, Author.NOTE, text, by, submission)


def sent_before(held: Case, submission: str | None) -> CaseMessage | None:
    """What this very form or mail has written already."""
    return CaseMessage.objects.filter(submission=submission, case=held).first() if submission else None


def said(case: Case, author: Author, text: str, by: Any, submission: str | None) -> CaseMessage:
    message = CaseMessage(case=case, author=author, staff=by, channel=Channel.AREA, submission=submission, written_at=timezone.now())
    message.seal(text)
    message.save(force_insert=True)
    return message


def locked(case: Case) -> Case:
    """The case as it is now, locked until the transaction ends; Gone if its destruction has begun."""
    held = Case.objects.select_for_update(of=("self",)).select_related("user", "product").filter(pk=case.pk).first()
    if held is None or held.life != Life.LIVE:
        raise Gone
    return held
