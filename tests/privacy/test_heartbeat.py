"""Sweeps leave a trace, and one that no worker runs, or that fails each time, breaks a promise."""

import logging
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from infacta.celery import app
from infacta.management.commands import work
from infacta.schedule import SWEEPS, Sweep
from privacy import heartbeat
from privacy.looks.sweeps import allowed, every_sweep_was_through_lately
from privacy.models import SweepRun
from privacy.promise_checks import Outcome

pytestmark = pytest.mark.django_db
PURGE = "support.tasks.close_quiet_cases"


@pytest.fixture(autouse=True)
def same_connection(monkeypatch) -> None:
    """A worker begins each sweep with connections that live; a test has one, within its transaction."""
    monkeypatch.setattr(work, "close_old_connections", lambda: None)


def swept(name: str) -> Sweep:
    return next(sweep for sweep in SWEEPS if sweep.task == name)


def all_swept(ago: timedelta = timedelta()) -> None:
    then = timezone.now() - ago
    SweepRun.objects.all().delete()
    SweepRun.objects.bulk_create(SweepRun(task=sweep.task, first_at=then, ended_at=then) for sweep in SWEEPS)


def test_the_embedded_worker_leaves_a_trace():
    work.run(swept(PURGE))
    run = SweepRun.objects.get()
    assert (run.task, run.failed_at) == (PURGE, None)
    assert run.ended_at > timezone.now() - timedelta(minutes=1)


def test_a_worker_of_celery_does_too():
    app.tasks[PURGE].apply()
    assert SweepRun.objects.get().task == PURGE


def test_what_breaks_leaves_its_errors_name_and_never_its_words(monkeypatch):
    def broken() -> None:
        raise ValueError("alice@example.com is in the way")

    monkeypatch.setattr(work, "import_string", lambda name: broken if name == PURGE else getattr(heartbeat, name.rpartition(".")[2]))
    work.run(swept(PURGE))
    run = SweepRun.objects.get()
    assert (run.ended_at, run.problem) == (None, "ValueError")
    assert run.failed_at


def test_a_sweep_of_every_two_seconds_is_written_once_a_minute(django_assert_num_queries):
    heartbeat.passed(PURGE)
    with django_assert_num_queries(0):
        heartbeat.passed(PURGE)
    heartbeat.noted.clear()
    with django_assert_num_queries(2):
        heartbeat.passed(PURGE)  # another process: it asks, and finds that it was written
    assert SweepRun.objects.count() == 1


def test_what_is_no_sweep_is_not_written():
    heartbeat.passed("mailroom.tasks.send_mail")
    heartbeat.failed("mailroom.tasks.send_mail", "OSError")
    assert not SweepRun.objects.exists()


def test_no_work_stops_because_nobody_can_write_that_it_was_done(monkeypatch, caplog):
    def gone(*arguments: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(type(SweepRun.objects.all()), "passed", gone)
    monkeypatch.setattr(SweepRun.objects, "passed", gone)
    with caplog.at_level(logging.WARNING):
        work.run(swept(PURGE))
    assert f"Nobody could note that {PURGE} was through: DatabaseError" in caplog.text


# What is told of it


def test_a_site_without_a_worker_cannot_tell_at_first():
    assert every_sweep_was_through_lately() == (Outcome.UNKNOWN, "no worker has run a sweep yet")


def test_all_in_time():
    all_swept()
    outcome, evidence = every_sweep_was_through_lately()
    assert outcome == Outcome.KEPT
    assert f"none of {len(SWEEPS)} sweeps is late" in evidence


def test_a_silent_worker():
    all_swept(timedelta(days=1))
    outcome, evidence = every_sweep_was_through_lately()
    assert outcome == Outcome.BROKEN
    assert f"{len(SWEEPS)} of {len(SWEEPS)} sweeps are late" in evidence


@pytest.mark.parametrize(("past", "outcome"), [(timedelta(minutes=-1), Outcome.KEPT), (timedelta(minutes=1), Outcome.BROKEN)])
@pytest.mark.parametrize("task", [PURGE, "mailroom.tasks.send_due_mails"])
def test_when_one_is_late(task, past, outcome):
    all_swept()
    SweepRun.objects.filter(task=task).update(ended_at=timezone.now() - allowed(swept(task)) - past)
    assert every_sweep_was_through_lately()[0] == outcome


def test_one_that_fails_each_time_is_named_with_its_error():
    all_swept()
    SweepRun.objects.filter(task=PURGE).update(ended_at=timezone.now() - timedelta(days=1), failed_at=timezone.now(), problem="ValueError")
    outcome, evidence = every_sweep_was_through_lately()
    assert outcome == Outcome.BROKEN
    assert f"1 of {len(SWEEPS)} sweeps are late: {PURGE} (since " in evidence
    assert "failed with ValueError" in evidence


def test_one_that_nobody_ever_ran_is_late_once_others_have_run_for_long():
    all_swept()
    SweepRun.objects.filter(task=PURGE).delete()
    assert every_sweep_was_through_lately()[0] == Outcome.KEPT
    SweepRun.objects.update(first_at=timezone.now() - timedelta(days=1))
    assert every_sweep_was_through_lately() == (Outcome.BROKEN, f"1 of {len(SWEEPS)} sweeps are late: {PURGE} (never through)")
