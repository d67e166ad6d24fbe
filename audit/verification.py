"""Verifying the audit log: every seal against the chain, and every event against its seal."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import itemgetter, or_

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from audit.lines import Row, is_truncated, line_of, rows
from audit.models import AuditEvent, Seal
from audit.models.seal import GENESIS
from audit.retention import purged_before, truncated_before
from audit.sealing import digest
from infacta.this_age import FIRST, LAST

Heads = Collection[tuple[int, str]]  # numbers and hashes of seals, as they were noted elsewhere
UNSEALED = timedelta(minutes=10)  # an event that is older than this has been sealed, if all is well


class Broken(Exception):
    """The audit log is not as it was sealed; the message names the first batch that is not, and says what is wrong."""


@dataclass
class Verified:
    """What was found in order, and the last seal of the chain."""

    seals: int = 0
    purged: int = 0
    events: int = 0
    unsealed: int = 0
    head: Seal | None = None


class Events:
    """The log's events in order, from which batches are taken one after the other; only a few thousand are in memory at a time."""

    def __init__(self) -> None:
        self.chunks = rows("true")
        self.chunk: list[Row] = []
        self.place = 0

    def up_to(self, last_id: int) -> list[Row]:
        """All that were not taken yet and have that id or a lower one."""
        taken: list[Row] = []
        while self.place < len(self.chunk) or self.read_on():
            end = bisect_right(self.chunk, last_id, lo=self.place, key=itemgetter(0))
            taken += self.chunk[self.place : end]
            self.place = end
            if end < len(self.chunk):
                break
        return taken

    def read_on(self) -> bool:
        self.chunk, self.place = next(self.chunks, []), 0
        return bool(self.chunk)


def verify(noted: Heads, now: datetime, progress: Callable[[int, int], None] = lambda seals, events: None) -> Verified:
    """Walk the whole chain. Raises Broken at the first thing that is wrong, or other than was noted. `progress` hears of each seal: seals and events."""
    verified = Verified()
    with one_view():
        events = Events()
        unreadable = first_unreadable()
        for seal in readable(unreadable).order_by("number").iterator(chunk_size=1_000):
            check_link(seal, verified.head, noted)
            batch = events.up_to(seal.last_id)
            if seal.purged_at:
                check_purged(seal, batch, now)
            else:
                check_events(seal, batch)
                check_addresses(seal, batch, now)
            verified.head = seal
            verified.seals += 1
            verified.events += len(batch)
            verified.purged += seal.purged_at is not None
            progress(verified.seals, verified.events)
        if unreadable is not None:
            raise Broken(f"Broken at seal {unreadable}: it has a time that is none.")
        check_end(verified.head, noted)
        verified.unsealed = check_unsealed(verified.head, now)
    return verified


def first_unreadable() -> int | None:
    """The number of the first seal with a time that is none: PostgreSQL has years that Python has not, and nobody could load the row."""
    times = ("first_at", "last_at", "sealed_at", "truncated_at", "purged_at")
    outside = [Q(**{f"{name}__lt": FIRST}) | Q(**{f"{name}__gte": LAST}) for name in times]
    return Seal.objects.filter(reduce(or_, outside)).order_by("number").values_list("number", flat=True).first()


def readable(unreadable: int | None) -> QuerySet[Seal]:
    """The seals before that one; all of them if there is none."""
    return Seal.objects.all() if unreadable is None else Seal.objects.filter(number__lt=unreadable)


def check_link(seal: Seal, previous: Seal | None, noted: Heads) -> None:
    next_number = previous.number + 1 if previous else 1
    if seal.number != next_number:
        raise broken(seal, f"the chain is cut: seal {next_number} is missing before it")
    if seal.hash != seal.hash_after(previous.hash if previous else GENESIS):
        raise broken(seal, "the seal is forged, or AUDIT_KEY is not the key it was made with")
    if any(number == seal.number and hashed != seal.hash for number, hashed in noted):
        raise broken(seal, "the seal is another one than was noted: the chain was made anew by somebody who has the key")


def check_purged(seal: Seal, batch: list[Row], now: datetime) -> None:
    """A batch is empty if, and only if, its time was over."""
    if seal.last_at >= purged_before(min(seal.purged_at or now, now)):
        raise broken(seal, "it was purged before its time")
    if batch:
        raise broken(seal, f"it was purged, but events are there: {len(batch):,}, the first with the id {batch[0][0]}")


def check_events(seal: Seal, batch: list[Row]) -> None:
    if not seal.salt:
        raise broken(seal, "the salt of its events is gone before their time")
    if seal.digest == digest(seal.salt, map(line_of, batch)):
        return
    if len(batch) < seal.count:
        raise broken(seal, f"events are missing: there are {len(batch)} of {seal.count}")
    if len(batch) > seal.count:
        raise broken(seal, f"events were added: there are {len(batch)} instead of {seal.count}")
    raise broken(seal, "an event was changed, or put in another's place")


def check_addresses(seal: Seal, batch: list[Row], now: datetime) -> None:
    """The full addresses are as they were, for as long as they are kept, and there are none afterwards."""
    if seal.truncated_at and not all(is_truncated(row[5]) for row in batch):
        raise broken(seal, "its addresses were truncated, but there is a full one")
    if seal.address_salt:
        if seal.address_digest != digest(seal.address_salt, (row[5] or "" for row in batch)):
            raise broken(seal, "an IP address was changed")
    elif seal.first_at >= truncated_before(now):
        raise broken(seal, "the salt of its addresses is gone before their time")


def check_end(head: Seal | None, noted: Heads) -> None:
    last = head.number if head else 0
    if beyond := [number for number, _hash in noted if number > last]:
        raise Broken(f"The chain ends with seal {last}, but seal {min(beyond)} was noted: its end was cut off.")


def check_unsealed(head: Seal | None, now: datetime) -> int:
    """How many events wait for their seal; Broken if one of them has waited too long."""
    unsealed = AuditEvent.objects.filter(pk__gt=head.last_id if head else 0)
    late = unsealed.filter(at__lt=now - UNSEALED).order_by("pk")
    if first := late.first():
        raise Broken(
            f"Not sealed after ten minutes: {late.count():,} events, the first with the id {first.pk} ({first.at:%Y-%m-%d %H:%M:%S} UTC). "
            "Sealing stands still, or the end of the chain was cut off."
        )
    return unsealed.count()


def broken(seal: Seal, wrong: str) -> Broken:
    times = f"{seal.first_at:%Y-%m-%d %H:%M:%S} to {seal.last_at:%Y-%m-%d %H:%M:%S} UTC"
    return Broken(f"Broken at seal {seal.number} (events {seal.first_id} to {seal.last_id}, {times}): {wrong}.")


@contextmanager
def one_view() -> Iterator[None]:
    """Whatever is read inside is of one moment, so that retention, which goes on meanwhile, is seen done or not done.

    Inside of a transaction of the caller's, that transaction decides what is seen.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:  # not atomic(), which would keep every writer of SQLite waiting
            cursor.execute("BEGIN")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
