"""The last findings, kept: a sweep looks every hour, and pages read what it found with one query."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from privacy.ledger import Promise, in_groups
from privacy.models import PromiseFinding, PromiseState
from privacy.models.promise import LONGEST, Outcome
from privacy.promise_checks import Standing, standings
from privacy.texts import Text

STALE = timedelta(hours=3)
"""What nobody has looked at for so long says nothing of today."""


def look(progress: Callable[[str], None] = lambda check: None) -> list[Standing]:
    """Ask everything, keep what was found, and give it back."""
    now, found = timezone.now(), standings(progress)
    rows = [
        PromiseFinding(promise=one.promise, check_name=one.check, outcome=one.outcome, evidence=one.evidence[:LONGEST], looked_at=now)
        for standing in found
        for one in standing.findings
    ]
    with transaction.atomic():
        PromiseFinding.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["promise", "check_name"], update_fields=["outcome", "evidence", "looked_at"]
        )
        PromiseFinding.objects.filter(looked_at__lt=now).delete()
        PromiseState.objects.note_all({one.promise.number: (one.outcome, one.evidence) for one in found}, now)
    return found


@dataclass(frozen=True)
class Row:
    """A promise as a page shows it. What was looked at too long ago, or never, cannot be told."""

    promise: Promise
    outcome: str
    since: datetime | None = None


def rows_by_group(now: datetime) -> tuple[list[tuple[Text, list[Row]]], datetime | None]:
    """The ledger with its states, by groups, and when it was looked at last: one query. While the database is away nobody can tell."""
    try:
        states = {state.promise: state for state in PromiseState.objects.all()}
    except DatabaseError:
        states = {}
    groups = [(title, [_row(promise, states.get(promise.number), now) for promise in promises]) for title, promises in in_groups()]
    return groups, max((state.looked_at for state in states.values()), default=None)


def _row(promise: Promise, state: PromiseState | None, now: datetime) -> Row:
    if state is None or state.looked_at < now - STALE:
        return Row(promise, Outcome.UNKNOWN)
    return Row(promise, state.outcome, state.since)
