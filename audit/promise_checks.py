"""What this installation knows of the promises that rest on the audit log (C6, C7, R4)."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from audit.lines import rows
from audit.models import AuditEvent, Seal
from audit.models.seal import GENESIS
from audit.verification import Broken, broken, check_addresses, check_events, check_unsealed
from privacy.promise_checks import Outcome, checks

SEALS, EVENTS = 50, 20_000
"""So many of the latest seals, and of their events, are looked at each time; `manage.py audit_verify` looks at all."""


@checks("C6", "C7", "R4")
def the_latest_seals_are_whole() -> tuple[Outcome, str]:
    """Each seal follows from the one before it, each batch is as it was sealed, and nothing waits for its seal."""
    now, seals = timezone.now(), list(Seal.objects.order_by("-number")[: SEALS + 1])
    events = 0
    try:
        check_unsealed(seals[0] if seals else None, now)
        for seal, previous in pairs(seals):
            if seal.hash != seal.hash_after(previous.hash if previous else GENESIS):
                raise broken(seal, "the seal is forged, or AUDIT_KEY is not the key it was made with")
            if seal.purged_at or events + seal.count > EVENTS:
                continue
            batch = [row for chunk in rows("id > %s AND id <= %s", previous.last_id if previous else 0, seal.last_id) for row in chunk]
            check_events(seal, batch)
            check_addresses(seal, batch, now)
            events += len(batch)
    except Broken as wrong:
        return Outcome.BROKEN, str(wrong)
    if not seals:
        return Outcome.UNKNOWN, "nothing was recorded and sealed yet"
    return (
        Outcome.KEPT,
        f"the chain is whole up to seal {seals[0].number}: the latest {len(pairs(seals))} seals and {events:,} events were looked at",
    )


def pairs(latest_first: list[Seal]) -> list[tuple[Seal, Seal | None]]:
    """Each of them with the one before it; the last has none, unless it is the first of the chain."""
    found: list[tuple[Seal, Seal | None]] = list(pairwise(latest_first))
    if latest_first and latest_first[-1].number == 1:
        found.append((latest_first[-1], None))
    return found


def without_event(kind: str, key: str, numbers: Iterable[int], since: Any) -> set[int]:
    """Which of these numbers no event of the kind names in its detail, among those that were recorded since that moment."""
    return set(numbers) - set(events_of(kind, since).values_list(f"detail__{key}", flat=True))


def events_of(kind: str, since: Any) -> "QuerySet[AuditEvent]":
    """By the index of kinds and times."""
    return AuditEvent.objects.filter(kind=kind, at__gte=since).order_by()
