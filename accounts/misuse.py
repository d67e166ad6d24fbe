"""Looking for misuse: reads what is new in the audit log, and nothing else (promises C4, C7).

Exactly once: a batch is one transaction of its findings, its holds and the cursor, and whoever runs it has the cursor's row locked.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from accounts.audit_windows import COLUMNS_OF_NEW, Subject, batch_of
from accounts.findings import Ledger, decisions
from accounts.judging import Found, judged, where
from accounts.models import DetectionCursor
from audit.models import AuditEvent
from audit.settled import settled_id

log = logging.getLogger(__name__)

CURSOR = "misuse"
BATCH = 20_000
LONGEST_RUN = timedelta(seconds=50)  # a sweep a minute: what is left is the next one's


@dataclass
class Outcome:
    """What a run did: events read, findings that are new or have newer evidence, and holds placed."""

    events: int = 0
    findings: int = 0
    holds: int = 0


def detect(longest: timedelta = LONGEST_RUN, progress: Callable[[int], None] = lambda events: None) -> Outcome:
    """Read what is new, batch by batch, until nothing is left or the time is over. Returns at once while another run is at work.

    `progress` is told the number of events after each batch.

    An event whose transaction is still open is waited for: nothing that has a lower id can appear later.
    """
    outcome, until = Outcome(), settled_id()
    deadline = time.monotonic() + longest.total_seconds()
    DetectionCursor.objects.get_or_create(name=CURSOR)
    while until and time.monotonic() < deadline and detect_batch(until, outcome):
        progress(outcome.events)
    return outcome


@transaction.atomic
def detect_batch(until: int, outcome: Outcome) -> bool:
    """The next batch of events up to this id, and the cursor after it; False if there is none, or if another run has the cursor."""
    cursor = DetectionCursor.objects.select_for_update(skip_locked=True).filter(name=CURSOR).first()
    if cursor is None:
        return False
    rows = list(AuditEvent.objects.filter(id__gt=cursor.last_event_id, id__lte=until).order_by("id").values_list(*COLUMNS_OF_NEW)[:BATCH])
    if not rows:
        put_back(cursor)
        return False
    last = rows[-1][0]
    if batch := batch_of(rows, seen=Q(id__lte=last)):
        keep_all(list(judged(batch, decisions)), outcome)
    DetectionCursor.objects.filter(name=CURSOR).update(last_event_id=last, detected_at=timezone.now())
    outcome.events += len(rows)
    return True


def put_back(cursor: DetectionCursor) -> None:
    """A cursor that is ahead of the log would pass over what is to come: somebody has restored the log alone. Nothing but that is ahead."""
    highest = AuditEvent.objects.aggregate(highest=Max("pk"))["highest"] or 0
    if cursor.last_event_id > highest:
        log.error("The detectors were ahead of the audit log, at %s instead of %s: was it restored?", cursor.last_event_id, highest)
        DetectionCursor.objects.filter(name=CURSOR).update(last_event_id=highest)


def keep_all(found: Sequence[Found], outcome: Outcome) -> None:
    """Keep what was found, and put on hold whom it suffices for."""
    ledger = Ledger(list({one.subject for one in found}))
    for one in found:
        ledger.keep(one)
    ledger.save()
    now = timezone.now()
    outcome.findings += len(found)
    outcome.holds += sum(held_if_due(ledger, subject, now) for subject in list(ledger.open))


def held_if_due(ledger: Ledger, subject: Subject, now: datetime) -> bool:
    """Whether the account was put on hold now. One that cannot be must not keep the others waiting; its signs stay in the queue of staff."""
    try:
        with transaction.atomic():
            return ledger.hold_if_due(subject, now)
    except (InterfaceError, OperationalError):  # the database's fault, and over by the next run
        raise
    except Exception as error:
        log.error("No hold could be placed on %s: %s.", subject, where(error))
        return False
