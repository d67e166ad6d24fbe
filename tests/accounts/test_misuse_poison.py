"""What stands in the audit log and should not: whatever it is, the detectors go on looking at everybody else."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import JSONField, Value
from django.utils import timezone

from accounts import holds
from accounts.detectors import DETECTORS
from accounts.models import DetectionCursor, Hold, MisuseFinding
from audit.models import AuditEvent
from tests.accounts.detecting import far
from tests.accounts.sharers import guessed_at, happened, shared, swept

pytestmark = pytest.mark.django_db

KINDS = sorted({kind for detector in DETECTORS for kind in detector.kinds | detector.also})
DETAILS = [
    [],
    ["device", "known"],
    "device",
    Value(None, JSONField()),
    7,
    {"device": ["a", "b"], "file": {"a": 1}, "known": "false", "reason": ["nothing_left"], "downloads": {"x": 1}},
    {"device": None, "file": None, "known": None, "reason": None, "downloads": None},
    {"device": {"deep": [[[[[[[[[[]]]]]]]]]]}, "file": 10**30, "known": False},
    {"device": "x" * 100_000, "file": "\u202e" * 300, "known": False},
]


@pytest.mark.any_keys
@pytest.mark.parametrize("detail", DETAILS, ids=lambda detail: str(detail)[:30])
def test_whatever_an_event_tells_the_others_are_looked_at(alice, bob, detail):
    now = timezone.now()
    for number, kind in enumerate(KINDS * 12):
        at = now - timedelta(minutes=number)
        AuditEvent.objects.create(kind=kind, at=at, user=alice, ip=far(number), detail=detail)
        AuditEvent.objects.create(kind=kind, at=at, user=None, ip=far(7), detail=detail)
    shared(bob, 12)
    swept()
    assert Hold.objects.filter(user=bob).exists()


NO_ADDRESSES = ["1.2.3.0/24", "20.1.2.3/8", "2001:db8::/48"]  # PostgreSQL takes networks for addresses
NO_ADDRESSES += [] if connection.vendor == "postgresql" else ["nonsense", "1.2.3", "::zz", "1.2.3.4.5", "", "١.2.3.4"]


@pytest.mark.parametrize("ip", NO_ADDRESSES)
def test_what_is_no_address_is_an_unknown_one(alice, bob, ip):
    for number in range(12):
        happened("login.succeeded", number, alice, ip, device=f"Browser {number}", known=False)
        happened("login.failed", number, alice, ip)
    shared(bob, 12)
    swept()
    assert Hold.objects.filter(user=bob).exists()


def test_a_detector_that_breaks_stops_neither_the_others_nor_other_accounts(alice, bob, monkeypatch, caplog):
    detector = type(next(one for one in DETECTORS if one.slug == "many_networks"))

    def broken(self, seen):
        raise ZeroDivisionError("Alice@example.com")

    monkeypatch.setattr(detector, "score_of", broken)
    shared(alice, 12)
    with caplog.at_level(logging.ERROR):
        swept()
    assert Hold.objects.filter(user=alice).exists()
    assert not MisuseFinding.objects.filter(detector="many_networks").exists()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("accounts")]
    assert said
    assert all("many_networks" in one and f"account {alice.pk}" in one and "example.com" not in one for one in said)


def test_a_hold_that_cannot_be_placed_stops_nobody_elses(alice, bob, monkeypatch, caplog):
    place = holds.place

    def broken(user, **values):
        if user == alice:
            Hold.objects.create(user=user, reason="half done", text="")
            raise ZeroDivisionError
        return place(user, **values)

    monkeypatch.setattr(holds, "place", broken)
    shared(alice, 12), shared(bob, 12)
    assert swept().holds == 1
    assert Hold.objects.get().user == bob
    assert MisuseFinding.objects.filter(user=alice, state="open").exists(), "so staff see it"
    assert f"account {alice.pk}" in caplog.text


def test_a_log_that_was_restored_from_an_older_dump_is_read_on(alice, caplog):
    """The cursor is ahead of the log: new events get numbers that it has passed."""
    DetectionCursor.objects.create(name="misuse", last_event_id=AuditEvent.objects.latest("pk").pk + 1_000_000)
    shared(alice, 12)
    swept()
    assert "ahead" in caplog.text
    guessed_at(alice, 30)
    swept()
    assert MisuseFinding.objects.filter(detector="guessing_account").exists()


@pytest.mark.parametrize("hours", [1, 24, 24 * 365])
def test_events_of_a_clock_that_was_ahead_break_nothing(alice, bob, hours):
    for number in range(12):
        happened("login.succeeded", -60 * hours - number, alice, far(number), device=f"Browser {number}", known=False)
    shared(bob, 12)
    swept()
    assert Hold.objects.filter(user=bob).exists()
