"""What the audit log tells of the promises that rest on it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent, Seal
from audit.promise_checks import the_latest_seals_are_whole
from audit.tasks import seal_events
from privacy.promise_checks import Outcome
from tests.audit.hands import events, tamper

pytestmark = pytest.mark.django_db


def sealed(times: int = 1) -> None:
    """So many seals, each over three events."""
    for _time in range(times):
        events(3, at=timezone.now() - timedelta(minutes=30))
        seal_events()
    assert Seal.objects.count() == times


def test_an_empty_log_cannot_tell():
    assert the_latest_seals_are_whole() == (Outcome.UNKNOWN, "nothing was recorded and sealed yet")


def test_a_whole_chain_is_kept():
    sealed(2)
    assert the_latest_seals_are_whole() == (
        Outcome.KEPT,
        "the chain is whole up to seal 2: the latest 2 seals and 6 events were looked at",
    )


def test_only_the_latest_are_looked_at(monkeypatch):
    monkeypatch.setattr("audit.promise_checks.SEALS", 1)
    sealed(3)
    assert "the latest 1 seals and 3 events were looked at" in the_latest_seals_are_whole()[1]


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("UPDATE audit_auditevent SET kind = 'login.succeeded' WHERE id = (SELECT max(id) FROM audit_auditevent)", "an event was changed"),
        ("DELETE FROM audit_auditevent WHERE id = (SELECT max(id) FROM audit_auditevent)", "events are missing"),
        ("UPDATE audit_seal SET hash = 'forged' WHERE number = 2", "the seal is forged"),
    ],
)
def test_what_was_tampered_with_is_seen(statement, wrong):
    sealed(2)
    tamper(statement)
    outcome, evidence = the_latest_seals_are_whole()
    assert outcome == Outcome.BROKEN
    assert wrong in evidence


def test_events_that_nobody_sealed():
    events(2)
    outcome, evidence = the_latest_seals_are_whole()
    assert outcome == Outcome.BROKEN
    assert f"Not sealed after ten minutes: {AuditEvent.objects.count()} events" in evidence
