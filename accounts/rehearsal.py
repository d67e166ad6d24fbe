"""What the detectors would have found and held in a time that has passed, without writing anything (`detect_misuse --dry-run`).

It begins with a clean sheet, sees events in the order of their time as the sweep would have, and takes a held account's later events for
what they would have been: impossible.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from accounts.audit_windows import COLUMNS_OF_NEW, Decided, Subject, batch_of
from accounts.detectors import Detector, Sign
from accounts.detectors.scores import REVIEW_AT, reasons_to_hold, review_score
from accounts.judging import judged
from accounts.models import User
from audit.models import AuditEvent

BATCH = 20_000


@dataclass
class Imagined:
    """A finding that would have been there."""

    detector: str
    score: int
    explanation: str
    last_at: datetime


@dataclass(frozen=True)
class Told:
    """One thing that would have happened: `what` is "found", "review" or "held"."""

    at: datetime
    what: str
    subject: Subject
    score: int
    explanation: str


@dataclass
class Rehearsal:
    """The state of the imagined sweep: open findings by subject, who is in the queue, and who is on hold since when."""

    findings: dict[Subject, dict[str, Imagined]] = field(default_factory=lambda: defaultdict(dict))
    reviewed: set[Subject] = field(default_factory=set)
    held: dict[Subject, datetime] = field(default_factory=dict)
    staff: frozenset[int] = frozenset()

    def hear(self, detector: Detector, subject: Subject, sign: Sign) -> Iterator[Told]:
        """Take a sign as the sweep takes it, and tell what comes of it."""
        if subject in self.held:
            return
        known = self.findings[subject].get(detector.slug)
        if known is None or sign.score >= known.score:
            self.findings[subject][detector.slug] = Imagined(detector.slug, sign.score, sign.explanation, sign.last_at)
        if known is None:
            yield Told(sign.last_at, "found", subject, sign.score, f"{detector.name}: {sign.explanation}")
        yield from self.conclude(subject, sign)

    def conclude(self, subject: Subject, sign: Sign) -> Iterator[Told]:
        findings = list(self.findings[subject].values())
        total = review_score(findings)
        said = " ".join(finding.explanation for finding in findings)
        if total >= REVIEW_AT and subject not in self.reviewed:
            self.reviewed.add(subject)
            yield Told(sign.last_at, "review", subject, total, said)
        if subject.user_id and subject.user_id not in self.staff and (reasons := reasons_to_hold(findings, sign.last_at)):
            self.held[subject] = sign.last_at
            yield Told(sign.last_at, "held", subject, review_score(reasons), said)

    def decisions(self, subjects: Sequence[Subject]) -> Decided:
        return {}


def rehearse(since: datetime, until: datetime, progress: Callable[[datetime, int], None] = lambda at, events: None) -> Iterator[Told]:
    """What would have happened between these times, in order. The database is told to refuse every write meanwhile."""
    rehearsal = Rehearsal(staff=frozenset(User.objects.filter(is_staff=True).values_list("pk", flat=True)))
    after, events = (since, 0), 0
    while True:
        with read_only():
            rows = next_rows(after, until)
            if not rows:
                return
            last = (rows[-1][2], rows[-1][0])
            batch = batch_of(rows, seen=not_later_than(last))
            found = list(judged(batch, rehearsal.decisions)) if batch else []
        signs = [(sign.last_at, number, one, sign) for number, one in enumerate(found) for sign in one.signs]
        for _at, _number, one, sign in sorted(signs, key=lambda entry: entry[:2]):
            yield from rehearsal.hear(one.detector, one.subject, sign)
        after, events = last, events + len(rows)
        progress(last[0], events)


def next_rows(after: tuple[datetime, int], until: datetime) -> list[Any]:
    """The next events in the order of their time, as many as fit in a batch."""
    at, pk = after
    later = AuditEvent.objects.filter(Q(at__gt=at) | Q(at=at, id__gt=pk), at__gte=at, at__lt=until)
    return list(later.order_by("at", "id").values_list(*COLUMNS_OF_NEW)[:BATCH])


def not_later_than(last: tuple[datetime, int]) -> Q:
    at, pk = last
    return Q(at__lte=at) & (Q(at__lt=at) | Q(id__lte=pk))


@contextmanager
def read_only() -> Iterator[None]:
    """A transaction in which the database itself refuses to write."""
    on_postgresql = connection.vendor == "postgresql"
    try:
        with transaction.atomic():  # before the refusal: SQLite takes its write lock at the beginning, and would be refused that too
            say("SET TRANSACTION READ ONLY" if on_postgresql else "PRAGMA query_only = ON")
            yield
    finally:
        say("" if on_postgresql else "PRAGMA query_only = OFF")


def say(statement: str) -> None:
    if statement:
        with connection.cursor() as cursor:
            cursor.execute(statement)
