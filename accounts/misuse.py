"""Looking for misuse: reads what is new in the audit log, and nothing else (promises C4, C7).

Exactly once: a batch is one transaction of its findings, its holds and the cursor, and whoever runs it has the cursor's row locked.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.audit_windows import COLUMNS_OF_NEW, batch_of
from accounts.findings import Ledger, decisions
from accounts.judging import Found, judged
from accounts.models import DetectionCursor
from audit.models import AuditEvent
from audit.settled import settled_id

CURSOR = "misuse"
BATCH = 20_000
LONGEST_RUN = timedelta(seconds=50)  # a sweep a minute: what is left is the next one's


@dataclass
class Outcome:
    """What a run did: events read, findings that are new or have newer evidence, and holds placed."""

    events: int = 0
    findings: int = 0
    holds: int = 0


def detect(longest: timedelta = LONGEST_RUN) -> Outcome:
    """Read what is new, batch by batch, until nothing is left or the time is over. Returns at once while another run is at work.

    An event whose transaction is still open is waited for: nothing that has a lower id can appear later.
    """
    outcome, until = Outcome(), settled_id()
    deadline = time.monotonic() + longest.total_seconds()
    DetectionCursor.objects.get_or_create(name=CURSOR)
    while until and time.monotonic() < deadline and detect_batch(until, outcome):
        pass
    return outcome


@transaction.atomic
def detect_batch(until: int, outcome: Outcome) -> bool:
    """The next batch of events up to this id, and the cursor after it; False if there is none, or if another run has the cursor."""
    cursor = DetectionCursor.objects.select_for_update(skip_locked=True).filter(name=CURSOR).first()
    if cursor is None:
        return False
    rows = list(AuditEvent.objects.filter(id__gt=cursor.last_event_id, id__lte=until).order_by("id").values_list(*COLUMNS_OF_NEW)[:BATCH])
    if not rows:
        return False
    last = rows[-1][0]
    if batch := batch_of(rows, seen=Q(id__lte=last)):
        keep_all(list(judged(batch, decisions)), outcome)
    DetectionCursor.objects.filter(name=CURSOR).update(last_event_id=last, detected_at=timezone.now())
    outcome.events += len(rows)
    return True


def keep_all(found: Sequence[Found], outcome: Outcome) -> None:
    """Keep what was found, and put on hold whom it suffices for."""
    ledger = Ledger(list({one.subject for one in found}))
    for one in found:
        ledger.keep(one)
    ledger.save()
    now = timezone.now()
    outcome.findings += len(found)
    outcome.holds += sum(ledger.hold_if_due(subject, now) for subject in list(ledger.open))
