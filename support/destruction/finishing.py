"""The last step: the case becomes a number among others, the record says that it is done, the log and the customer hear of it.

All of it is one transaction. The log is written last in it: if the commit fails, the log names a destruction that the record has not finished yet,
and the next try finishes it.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property

from audit.kinds import Kind as Fact
from audit.log import fact, record_all
from infacta.sealed_text import CannotOpen, opened
from mailroom.outgoing import Letter, write_all
from support.destruction import log
from support.destruction.receipts import text_of
from support.models import Case, Destruction, DestructionState, Life, State
from support.references import new_reference

BLANK: dict[str, Any] = {
    "life": Life.DESTROYED,
    "state": State.CLOSED,
    "user": None,
    "assigned_to": None,
    "email_digest": "",
    "address_proved_at": None,
    "sealed_details": "",
    "submission": None,
    "waiting_since": None,
}
OWN = ("reference", "key_name", "opened_at", "first_answered_at", "last_written_at", "closed_at", "destroy_at", "destroyed_at")


@transaction.atomic
def finish(numbers: Iterable[int]) -> int:
    """Finish those of these destructions (by their rows' numbers) that nobody has finished; returns how many. OSError, LogLost."""
    now, known = timezone.now(), highest_logged()
    rows = Destruction.objects.unfinished().filter(pk__in=list(numbers)).select_for_update(of=("self",)).order_by("pk")
    records = [record for record in rows if record.case_id]
    cases = Case.objects.select_related("user").in_bulk([record.case_id for record in records])
    for record in records:
        settle(record, now)
    record_all(fact(Fact.CASE_DESTROYED, user=cases[one.case_id].user, case=cases[one.case_id].reference) for one in records)
    write_all("support/destroyed", [letter for one in records if (letter := letter_for(one, cases[one.case_id]))])
    entries = [log.Entry.of(record, cases[record.case_id].key_name) for record in records]
    forget(list(cases.values()), now)
    write_down(records, entries, known)
    return len(records)


def highest_logged() -> int:
    return Destruction.objects.aggregate(highest=Max("logged_as"))["highest"] or log.NONE


def settle(record: Destruction, now: datetime) -> None:
    """What the record says from now on; the sealed address leaves it when the letter is written."""
    record.state, record.problem, record.destroyed_at = DestructionState.DESTROYED, "", now
    record.backups_clear_on = timezone.localdate(now) + timedelta(days=settings.SUPPORT_BACKUP_DAYS)


def letter_for(record: Destruction, case: Case) -> Letter | None:
    """The receipt by mail; None if we know no address. Its cause is a digest: where the letter went leads nobody to the record."""
    try:
        told = json.loads(opened(record.sealed_address)) if record.sealed_address else {}
    except CannotOpen:
        told = {}
    if not told:
        return None
    cause = salted_hmac("support.receipt.cause", record.number, algorithm="sha256").hexdigest()
    receipt = Receipt(record)
    context = {"reference": case.reference, "receipt": receipt, "number": record.number}
    return Letter(to=told["to"], cause=f"receipt:{cause}", user=case.user, language=told["language"], context=context)


class Receipt:
    """Its text, in the language in which the letter is rendered."""

    def __init__(self, record: Destruction) -> None:
        self.record = record

    @cached_property
    def text(self) -> str:
        return text_of(self.record)


def forget(cases: Sequence[Case], now: datetime) -> None:
    """Nothing leads to anybody any more: a new number, and days in the place of moments, for the audit log knows who did something at which moment."""
    for case in cases:
        day = start_of(case.opened_at)
        if case.first_answered_at:
            case.first_answered_at = day + (case.first_answered_at - case.opened_at)
        case.reference, case.key_name, case.opened_at, case.last_written_at = new_reference(), uuid4().hex, day, day
        case.closed_at, case.destroy_at = start_of(case.closed_at or now), start_of(case.destroy_at or now)
        case.destroyed_at = start_of(now)
    Case.objects.bulk_update(cases, OWN)
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(**BLANK)


def start_of(moment: datetime) -> datetime:
    return timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def write_down(records: Sequence[Destruction], entries: Sequence[log.Entry], known: int) -> None:
    """In the record, and in the log where it is not there already. The record names its case no more, so nothing leads from a receipt to a case."""
    numbers = [record.pk for record in records]
    new = [(record, entry) for record, entry in zip(records, entries, strict=True) if record.logged_as is None]
    Destruction.objects.filter(pk__in=numbers).update(
        state=DestructionState.DESTROYED,
        problem="",
        case=None,
        sealed_address="",
        destroyed_at=records[0].destroyed_at if records else None,
        backups_clear_on=records[0].backups_clear_on if records else None,
    )
    if new:
        for (record, _entry), written in zip(new, log.append([entry for _record, entry in new], known), strict=True):
            record.logged_as = written.sequence
        Destruction.objects.bulk_update([record for record, _entry in new], ["logged_as"])
