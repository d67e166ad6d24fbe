"""The run of the detectors: what is new, exactly once, and what staff decided stays decided."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import findings, misuse, tasks
from accounts.audit_windows import COLUMNS_OF_NEW, MOST_EVENTS, account_windows, batch_of
from accounts.models import DetectionCursor, MisuseFinding, User
from audit.models import AuditEvent
from tests.accounts.detecting import far
from tests.accounts.sharers import guessed_at, happened, kept, logged_in, shared, swept

pytestmark = pytest.mark.django_db


# Finding


def test_what_is_found_is_kept_with_evidence_and_an_audit_event(alice):
    events = shared(alice, 6)
    assert swept().findings == 2
    assert kept(user=alice) == [("many_networks", 20, "open"), ("many_browsers", 40, "open")]
    finding = MisuseFinding.objects.get(detector="many_browsers")
    assert finding.explanation == "Within 30 days, 6 kinds of browser that were new to the account logged in from 6 networks far apart."
    assert finding.evidence["event_ids"] == [event.pk for event in events]
    assert finding.evidence["listed_networks"][0] == "20.0.0.0/16", "the wider net: a finding is kept longer than addresses are"
    assert (finding.first_at, finding.last_at) == (events[0].at, events[-1].at)
    found = AuditEvent.objects.get(kind="misuse.found", detail__detector="many_browsers")
    assert (found.user, found.detail) == (alice, {"finding": finding.pk, "detector": "many_browsers", "score": 40})


def test_nothing_is_found_of_honest_customers(alice, bob):
    for number in range(30):
        logged_in(alice, number * 300, number % 3, known=number > 3)
    guessed_at(bob, 3)
    assert swept().findings == 0
    assert kept() == []


def test_a_network_that_guesses_is_found(alice, bob, mallory):
    for user in (alice, bob, mallory):
        guessed_at(user, 2)
    guessed_at(None, 17)
    swept()
    finding = MisuseFinding.objects.get(user=None)
    assert (finding.detector, finding.network, finding.score) == ("guessing_network", far(99), 40)
    assert finding.evidence["accounts_in_vain"] == 3


def test_an_office_whose_people_get_in_at_last_is_not(db):
    for number in range(20):
        user = User.objects.create_user(f"worker{number}@example.com")
        guessed_at(user, 1, until=2 * number + 1)
        happened("login.succeeded", 2 * number + 1, user, far(99), area="resources", device="Firefox on Windows", known=True)
    swept()
    assert kept() == []


@pytest.mark.parametrize("other", ["2001:db8:1:2::ffff", "2001:db8:1:2:a:b:c:d"])
def test_the_addresses_of_an_ipv6_network_are_one_network(alice, other):
    for number in range(10):
        guessed_at(None, 1, "2001:db8:1:2::1" if number % 2 else other)
        guessed_at(None, 1, f"2001:db8:1:{number + 10:x}::1")
    swept()
    assert list(MisuseFinding.objects.values_list("network", "evidence__nobodys_addresses")) == [("2001:db8:1:2::/64", 10)]


def test_what_staff_did_at_the_account_says_nothing_of_the_customers_networks(alice, ada):
    for number in range(8):
        at = timezone.now() - timedelta(days=number)
        AuditEvent.objects.create(kind="entitlement.changed", at=at, user=alice, actor=ada, ip=far(77), detail={"downloads": 3})
    swept()
    finding = MisuseFinding.objects.get()
    assert (finding.detector, finding.evidence["times_added"], finding.evidence["listed_networks"]) == ("allowance_churn", 8, [])


# Incremental, and exactly once


def test_a_second_run_reads_nothing(alice):
    shared(alice, 6)
    first = swept()
    before = list(MisuseFinding.objects.values())
    assert first.events > 6
    assert swept().events == 2, "the two events that say what was found"
    assert swept().events == 0
    assert list(MisuseFinding.objects.values()) == before


def test_older_events_count_in_the_window_of_a_new_one(alice):
    shared(alice, 4)
    swept()
    assert kept() == []
    logged_in(alice, 0.5, 4)
    swept()
    assert kept() == [("many_networks", 20, "open"), ("many_browsers", 20, "open")]


def test_an_open_finding_gets_the_newer_evidence(alice):
    shared(alice, 6, until=200)
    swept()
    first = MisuseFinding.objects.get(detector="many_browsers")
    latest = [logged_in(alice, 100 - number, number) for number in range(6, 9)][-1]
    swept()
    finding = MisuseFinding.objects.get(detector="many_browsers")
    assert (finding.pk, finding.found_at, finding.first_at) == (first.pk, first.found_at, first.first_at)
    assert (finding.score, finding.last_at) == (70, latest.at)
    assert "9 kinds of browser" in finding.explanation
    assert AuditEvent.objects.filter(kind="misuse.found", detail__detector="many_browsers").count() == 1


def test_the_score_of_an_open_finding_never_falls(alice, monkeypatch):
    shared(alice, 7, until=60 * 24 * 29)
    swept()
    logged_in(alice, 10, 2)
    logged_in(alice, 5, 3)
    swept()
    finding = MisuseFinding.objects.get(detector="many_browsers")
    assert (finding.score, finding.evidence["kinds_of_browser"]) == (40, 7)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_batches_of_any_size_find_the_same(alice, bob, monkeypatch, size):
    monkeypatch.setattr(misuse, "BATCH", size)
    shared(alice, 7)
    guessed_at(bob, 25)
    guessed_at(None, 30)
    swept()
    assert sorted(kept()) == [
        ("guessing_account", 40, "open"),
        ("guessing_network", 40, "open"),
        ("many_browsers", 40, "open"),
        ("many_networks", 40, "open"),
    ]


def test_the_cursor_and_the_findings_are_one_transaction(alice, monkeypatch):
    shared(alice, 12)
    monkeypatch.setattr(findings.Ledger, "save", lambda ledger: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        swept()
    assert kept() == []
    assert not DetectionCursor.objects.filter(last_event_id__gt=0).exists()
    assert not AuditEvent.objects.filter(kind="misuse.found").exists()
    monkeypatch.undo()
    assert swept().holds == 1


def test_a_run_ends_when_its_time_is_over_and_the_next_goes_on(alice, monkeypatch):
    shared(alice, 6)
    monkeypatch.setattr(misuse, "BATCH", 3)
    assert misuse.detect(timedelta(0)).events == 0
    assert swept().findings > 0


def test_the_sweep_is_a_task(alice):
    shared(alice, 6)
    assert tasks.detect_misuse() == AuditEvent.objects.exclude(kind="misuse.found").count()


def test_the_cost_follows_what_is_new_and_not_the_history(alice, bob, mallory):
    def queries() -> int:
        logged_in(mallory, 0.1, 1, known=True)
        with CaptureQueriesContext(connection) as captured:
            swept()
        return len(captured)

    swept()
    few = queries()
    for user in (alice, bob):
        for number in range(100):
            logged_in(user, 500 + number, number % 3, known=True)
    swept()
    assert queries() == few


def test_of_one_loud_account_only_the_latest_events_are_held_in_memory(alice, monkeypatch):
    monkeypatch.setattr("accounts.audit_windows.MOST_EVENTS", 10)
    assert MOST_EVENTS == 5_000
    events = guessed_at(alice, 25)
    rows = list(AuditEvent.objects.values_list(*COLUMNS_OF_NEW))
    (chunk,) = account_windows(batch_of(rows, seen=Q()))
    assert [event.id for event in chunk[0].events] == [event.pk for event in events[-10:]]


# Decided


def test_a_dismissed_finding_is_only_found_again_through_what_happens_afterwards(alice, ada, rf):
    shared(alice, 7)
    swept()
    request = rf.post("/")
    finding = MisuseFinding.objects.get(detector="many_browsers")
    findings.dismiss(finding, by=ada, reason="a fair, with a stand", request=request)
    logged_in(alice, -1, 8)
    swept()
    assert kept(detector="many_browsers") == [("many_browsers", 40, "dismissed")]
    assert kept(detector="many_networks") == [("many_networks", 40, "open")], "of which nobody decided anything"
    shared(alice, 6, until=-400)
    swept()
    assert kept(detector="many_browsers") == [("many_browsers", 40, "dismissed"), ("many_browsers", 40, "open")]


def test_a_dismissed_network_stays_dismissed(ada, rf):
    guessed_at(None, 30)
    swept()
    findings.dismiss(MisuseFinding.objects.get(), by=ada, reason="our own test", request=rf.post("/"))
    guessed_at(None, 7, until=-20)
    swept()
    assert kept() == [("guessing_network", 40, "dismissed")]


def test_what_is_dismissed_while_it_is_judged_stays_dismissed(alice, ada, rf, monkeypatch):
    """Staff decide after the run has read the events, and before it writes."""
    shared(alice, 6)
    swept()
    logged_in(alice, 0.5, 7)
    judged = misuse.judged

    def judged_and_dismissed(batch, decisions):
        found = list(judged(batch, decisions))
        findings.dismiss(MisuseFinding.objects.get(detector="many_browsers"), by=ada, reason="known", request=rf.post("/"))
        return found

    monkeypatch.setattr(misuse, "judged", judged_and_dismissed)
    swept()
    assert kept(detector="many_browsers") == [("many_browsers", 40, "dismissed")]
