"""Up to which id the log is settled, on a database that really works at once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from audit import settled
from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from audit.settled import settled_id

postgresql = pytest.mark.postgresql


@contextmanager
def slow_writer(write=lambda: record(Kind.LOGIN_FAILED)) -> Iterator[threading.Event]:
    """Somebody who writes, and commits only when told to (or at the end)."""
    written, commit = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            write()
            written.set()
            commit.wait(20)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert written.wait(10)
    try:
        yield commit
    finally:
        commit.set()
        thread.join(10)


@pytest.mark.django_db
def test_an_empty_log_is_settled():
    assert settled_id() == 0


@pytest.mark.django_db
def test_what_the_own_transaction_wrote_is_settled():
    event = record(Kind.LOGIN_FAILED)
    assert settled_id() == event.pk


@postgresql
@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_waited_for(monkeypatch):
    monkeypatch.setattr(settled, "PATIENCE", 0.2)
    with slow_writer() as commit:
        seen = record(Kind.LOGIN_ENDED).pk
        assert AuditEvent.objects.count() == 1, "the event with the lower id is not seen yet"
        assert settled_id() is None
        monkeypatch.setattr(settled, "PATIENCE", 10)
        threading.Timer(0.3, commit.set).start()
        assert settled_id() == seen
        assert AuditEvent.objects.count() == 2


@postgresql
@pytest.mark.django_db(transaction=True)
def test_whoever_begins_later_is_not_waited_for(monkeypatch):
    """A site where somebody always writes settles all the same."""
    monkeypatch.setattr(settled, "PATIENCE", 10)
    seen = record(Kind.LOGIN_ENDED).pk
    first = settled.writers
    asked = []

    with slow_writer() as commit:

        def writers() -> set[str]:
            asked.append(first())
            if len(asked) == 1:
                commit.set()
                later.start()
                while not later_wrote.is_set():
                    time.sleep(0.01)
            return asked[-1]

        later_wrote, end = threading.Event(), threading.Event()

        def write_later() -> None:
            with transaction.atomic():
                record(Kind.LOGIN_FAILED)
                later_wrote.set()
                end.wait(20)
            connection.close()

        later = threading.Thread(target=write_later)
        monkeypatch.setattr(settled, "writers", writers)
        try:
            assert settled_id() == seen
        finally:
            end.set()
            later.join(10)
    assert len(asked) >= 2


@postgresql
@pytest.mark.django_db(transaction=True)
def test_neither_readers_nor_writers_of_other_tables_hold_it_up(monkeypatch, mallory):
    monkeypatch.setattr(settled, "PATIENCE", 0)
    seen = record(Kind.LOGIN_ENDED).pk

    def read_and_write_elsewhere() -> None:
        list(AuditEvent.objects.all())
        type(mallory).objects.filter(pk=mallory.pk).update(name="M.")

    with slow_writer(read_and_write_elsewhere):
        assert settled_id() == seen
