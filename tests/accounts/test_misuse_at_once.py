"""Late commits, runs side by side, and staff who decide meanwhile: on a database that really works at once."""

import contextlib
import threading

import pytest
from django.db import connection, transaction

from accounts import findings, holds, misuse
from accounts.models import Hold, MisuseFinding
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.accounts.sharers import guessed_at, happened, kept, logged_in, shared, swept
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_an_event_that_is_committed_late_is_not_skipped(alice):
    """Its id is lower than that of an event which is there already: the run waits for it."""
    shared(alice, 4)
    swept()
    written, commit = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            logged_in(alice, 0.5, 4)
            written.set()
            commit.wait(20)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert written.wait(10)
    happened("login.ended", 0, alice)
    threading.Timer(0.5, commit.set).start()
    swept()
    thread.join(10)
    swept()
    assert kept() == [("many_networks", 20, "open"), ("many_browsers", 20, "open")]


@pytest.mark.parametrize("size", [5, 10_000])
def test_eight_runs_at_once_do_nothing_twice(alice, bob, mallory, monkeypatch, size):
    monkeypatch.setattr(misuse, "BATCH", size)
    for user in (alice, bob, mallory):
        shared(user, 12)
        guessed_at(user, 30)
    outcomes = at_once(lambda _thread: swept(), range(8))
    swept()
    assert Hold.objects.count() == sum(outcome.holds for outcome in outcomes) == 3
    assert OutgoingMail.objects.filter(cause__startswith="hold-placed").count() == 3
    found = AuditEvent.objects.filter(kind="misuse.found").values_list("detail__finding", flat=True)
    assert sorted(found) == sorted(MisuseFinding.objects.values_list("pk", flat=True))
    assert sum(outcome.events for outcome in outcomes) <= AuditEvent.objects.count()


@pytest.mark.parametrize("_time", range(3))
def test_a_run_and_staff_who_decide_never_wait_in_a_circle(alice, bob, ada, rf, _time):
    for user in (alice, bob):
        shared(user, 7, until=300)
    swept()
    for user in (alice, bob):
        shared(user, 6)
    open_ones = list(MisuseFinding.objects.filter(detector="many_browsers").order_by("pk"))

    def staff(finding: MisuseFinding) -> None:
        with contextlib.suppress(findings.AlreadyDecided, holds.AlreadyHeld):
            findings.hold(finding, by=ada, reason="…", text="…", expires_at=None, request=rf.post("/"))

    at_once(lambda work: work(), [swept, lambda: staff(open_ones[0]), lambda: staff(open_ones[1])])
    assert Hold.objects.filter(ended_at=None).count() == 2
