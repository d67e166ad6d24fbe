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
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property

from audit.kinds import Kind as Fact
from audit.log import fact, record_all
from infacta.sealed_text import CannotOpen, opened
from mailroom.outgoing import Letter, write_all
from support.destruction import log
from support.destruction.comparing import highest_logged, is_behind
from support.destruction.receipts import text_of
from support.models import Case, Destruction, DestructionState, Life, State
from support.references import new_reference

BLANK: dict[str, Any] = {
    "life": Life.DESTROYED,
    "state": State.CLOSED,
    "user": None,
    "assigned_to": None,
    "email_digest": "",
    "policy_version": "",
    "address_proved_at": None,
    "sealed_details": "",
    "submission": None,
    "waiting_since": None,
}
OWN = ("reference", "key_name", "opened_at", "first_answered_at", "last_written_at", "closed_at", "destroy_at", "destroyed_at")
DONE = ("state", "problem", "case", "sealed_address", "destroyed_at", "backups_clear_on", "logged_as")


@transaction.atomic
def finish(numbers: Iterable[int]) -> int:
    """Finish those of these destructions (by their rows' numbers) that nobody has finished; returns how many. OSError, LogLost.

    Behind, for a number after those that were not replayed would hide them from the next start.
    """
    now, known = timezone.now(), highest_logged()
    if is_behind(known):
        raise log.Behind
    rows = Destruction.objects.unfinished().filter(pk__in=list(numbers)).select_for_update(of=("self",)).order_by("pk")
    pairs = with_cases([record for record in rows if record.case_id])
    for record, _case in pairs:
        settle(record, now)
    record_all(fact(Fact.CASE_DESTROYED, user=case.user, case=case.reference) for _record, case in pairs)
    write_all("support/destroyed", [letter for record, case in pairs if (letter := letter_for(record, case))])
    entries = {record.pk: log.Entry.of(record, case.key_name) for record, case in pairs}
    for _record, case in pairs:
        forget(case, now)
    write(Case, [case for _record, case in pairs], (*OWN, *BLANK))
    write_down([record for record, _case in pairs], entries, known)
    return len(pairs)


def with_cases(records: Sequence[Destruction]) -> list[tuple[Destruction, Case]]:
    """Each with its case, whose row is locked."""
    chosen = Case.objects.filter(pk__in=[record.case_id for record in records]).select_for_update(of=("self",)).order_by("pk")
    cases = {case.pk: case for case in chosen.select_related("user")}
    return [(record, cases[record.case_id]) for record in records if record.case_id]


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
    address = f"{settings.SITE_URL}{reverse('help:receipt', args=[record.number])}"
    context = {"reference": case.reference, "receipt": receipt, "address": address}
    return Letter(to=told["to"], cause=f"receipt:{cause}", user=case.user, language=told["language"], context=context)


class Receipt:
    """Its text, in the language in which the letter is rendered."""

    def __init__(self, record: Destruction) -> None:
        self.record = record

    @cached_property
    def text(self) -> str:
        return text_of(self.record)


def forget(case: Case, now: datetime) -> None:
    """Nothing leads to anybody any more: a new number, and days in the place of moments, for the audit log knows who did something at which moment."""
    day = start_of(case.opened_at)
    if case.first_answered_at:
        case.first_answered_at = day + (case.first_answered_at - case.opened_at)
    case.reference, case.key_name, case.opened_at, case.last_written_at = new_reference(), uuid4().hex, day, day
    case.closed_at, case.destroy_at = start_of(case.closed_at or now), start_of(case.destroy_at or now)
    case.destroyed_at = start_of(now)
    for name, value in BLANK.items():
        setattr(case, name, value)


def start_of(moment: datetime) -> datetime:
    return timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def write_down(records: Sequence[Destruction], entries: dict[int, log.Entry], known: int) -> None:
    """In the log where it is not there already, and in the record, which names its case no more: nothing leads from a receipt to a case."""
    new = [record for record in records if record.logged_as is None]
    for record, written in zip(new, log.append([entries[record.pk] for record in new], known) if new else (), strict=True):
        record.logged_as = written.sequence
    for record in records:
        record.case, record.sealed_address = None, ""
    write(Destruction, records, DONE)


def write(model: type[Model], rows: Sequence[Any], fields: Iterable[str]) -> None:
    """Write these fields of rows that are there, and locked, in one statement: several times as fast as bulk_update."""
    model._base_manager.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=list(fields))
