"""Sealing: batches of one month, in one chain, whoever seals and whoever writes at the same time."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit import sealing, settled
from audit.kinds import Kind
from audit.log import record
from audit.models import AppendOnly, AuditEvent, Seal
from audit.sealing import append, last_seal, next_batch
from audit.tasks import seal_events
from infacta.schedule import SWEEPS
from tests.audit.hands import events, sql, verified
from tests.audit.test_settled import slow_writer

pytestmark = pytest.mark.django_db
postgresql = pytest.mark.postgresql


def chain() -> list[tuple[int, int, int, int]]:
    return list(Seal.objects.order_by("number").values_list("number", "first_id", "last_id", "count"))


def test_it_runs_every_minute():
    assert {sweep.task: sweep.every for sweep in SWEEPS}["audit.tasks.seal_events"] == timedelta(minutes=1)


def test_batches_follow_each_other_and_hold_a_thousand_at_most():
    first = events(1)[0].pk
    AuditEvent.objects.bulk_create(AuditEvent(kind=Kind.LOGIN_FAILED) for _number in range(2_100))
    assert sealing.BATCH == 1000
    assert seal_events() == 3
    assert chain() == [
        (1, first, first + 999, 1000),
        (2, first + 1000, first + 1999, 1000),
        (3, first + 2000, first + 2100, 101),
    ]
    verified()


def test_without_anything_new_there_is_no_seal():
    assert seal_events() == 0
    events(1)
    assert (seal_events(), seal_events()) == (1, 0)


def test_no_batch_spans_two_months_wherever_events_of_both_mix():
    """Months are those of UTC; around midnight an event of the old month may have a higher id than one of the new."""
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    offsets = [-2, -1, 0, -0.000001, 1, 2]
    for offset in offsets:
        events(1, midnight + timedelta(seconds=offset))
    assert seal_events() == 4
    assert [count for *_numbers, count in chain()] == [2, 1, 1, 2]
    for seal in Seal.objects.all():
        assert (seal.first_at.year, seal.first_at.month) == (seal.last_at.year, seal.last_at.month)
    verified()


def test_a_seal_knows_the_first_and_the_last_time_whatever_the_order():
    begin = datetime(2026, 3, 7, tzinfo=UTC)
    for minutes in (5, 1, 9, 3):
        events(1, begin + timedelta(minutes=minutes))
    seal_events()
    seal = Seal.objects.get()
    assert (seal.first_at, seal.last_at) == (begin + timedelta(minutes=1), begin + timedelta(minutes=9))


def test_every_kind_of_content_is_sealed_and_verified(alice, ada):
    """What stands in the database reads the same whenever it is read: quotes, other scripts, numbers, no address at all."""
    for detail in ({}, {"word": 'a "quoted" \\ word\n'}, {"name": "Žofie ☃ \U0001f511"}, {"deep": {"list": [1, 2.5, None, True, "x"]}}):
        for ip in (None, "203.0.113.9", "2001:db8::9", "::ffff:203.0.113.9"):
            AuditEvent.objects.create(kind=Kind.LOGIN_FAILED, user=alice, actor=ada, ip=ip, detail=detail)
    AuditEvent.objects.create(kind=Kind.LOGIN_FAILED, at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    seal_events()
    assert "In order" in verified()


def test_of_two_seals_with_one_number_one_is_made():
    events(2)
    batch = next_batch(None, settled.settled_id())
    append(None, batch)
    with pytest.raises(IntegrityError):
        append(None, batch)
    assert Seal.objects.count() == 1


def test_whoever_comes_second_leaves_the_rest_to_the_other(monkeypatch):
    events(2)
    stale = last_seal()
    seal_events()
    monkeypatch.setattr(sealing, "last_seal", lambda: stale)
    assert seal_events() == 0
    assert Seal.objects.count() == 1


def test_seals_are_neither_changed_nor_deleted():
    events(1)
    seal_events()
    seal = last_seal()
    for way in (seal.save, seal.delete, Seal.objects.all().delete, lambda: Seal.objects.update(hash="x")):
        with pytest.raises(AppendOnly):
            way()


@contextmanager
def threads(*works: Callable[[], object]) -> Iterator[list[object]]:
    """All of these at once, each with a connection of its own; what broke is raised at the end."""

    def one(work: Callable[[], object]) -> object:
        try:
            return work()
        finally:
            connection.close()

    results: list[object] = []
    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(one, work) for work in works]
        yield results
        results += [future.result() for future in running]


@postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(5))
def test_eight_who_seal_at_once_make_one_chain(monkeypatch, _time):
    monkeypatch.setattr(sealing, "BATCH", 5)
    made = events(40)
    start = threading.Barrier(8)

    def seal() -> int:
        start.wait(10)
        return sum(seal_events() for _time in range(10))

    with threads(*[seal] * 8) as results:
        pass
    assert sum(results) == 8
    assert chain() == [(number + 1, made[number * 5].pk, made[number * 5 + 4].pk, 5) for number in range(8)]
    verified()


@postgresql
@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_neither_lost_nor_a_break(monkeypatch):
    """Its id is lower than that of events which were there long before it could be seen."""
    monkeypatch.setattr(settled, "PATIENCE", 0.2)
    before = record(Kind.LOGIN_ENDED)
    assert seal_events() == 1
    with slow_writer():
        seen = [record(Kind.LOGIN_ENDED) for _number in range(3)]
        assert AuditEvent.objects.count() == 4
        assert seal_events() == 0, "what could be sealed now would leave out the event that is not there yet"
    late = AuditEvent.objects.exclude(pk__in=[event.pk for event in [before, *seen]]).get()
    assert late.pk < seen[0].pk
    assert seal_events() == 1
    assert chain()[1] == (2, late.pk, seen[-1].pk, 4)
    verified()


@postgresql
@pytest.mark.django_db(transaction=True)
def test_under_fire_every_event_is_sealed_once_and_none_is_left_out():
    """Six who write in transactions of all lengths, some of which are rolled back, and two who seal all the time."""
    end = time.monotonic() + 3

    def write(seed: int) -> None:
        random = Random(seed)
        while time.monotonic() < end:
            with transaction.atomic():
                for _event in range(random.randrange(1, 4)):
                    record(Kind.LOGIN_FAILED, number=seed)
                time.sleep(random.choice([0, 0, 0.001, 0.05]))
                transaction.set_rollback(random.random() < 0.2)

    def seal() -> int:
        made = 0
        while time.monotonic() < end:
            made += seal_events()
        return made

    with threads(*[lambda seed=seed: write(seed) for seed in range(6)], seal, seal) as results:
        pass
    assert sum(results[6:]) > 10, "they sealed while the others wrote"
    seal_events()
    assert sum(Seal.objects.values_list("count", flat=True)) == AuditEvent.objects.count() > 100
    assert f"{AuditEvent.objects.count():,} events" in verified()
    assert "0 wait" in verified()


def test_the_clock_of_a_seal_is_that_of_its_making():
    before = timezone.now()
    events(1)
    seal_events()
    assert before <= last_seal().sealed_at <= timezone.now()


OF_THE_DATABASE = (
    ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01"] if connection.vendor == "postgresql" else ["", "zz", "10000-01-01"]
)
IMPOSSIBLE = ["0044-03-15 00:00:00", *OF_THE_DATABASE]


@pytest.mark.parametrize("at", IMPOSSIBLE)
def test_the_database_takes_no_event_of_a_time_that_cannot_be_sealed(at):
    """One such row would stop sealing and retention for good: nobody may delete it."""
    events(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        sql("INSERT INTO audit_auditevent (kind, at, detail) VALUES ('login.failed', %s, '{}')", at)
    assert seal_events() == 1
