"""The run of the detectors: what is new, exactly once; what staff decided stays decided; holds only where they may be."""

import contextlib
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import findings, holds, misuse, tasks
from accounts.audit_windows import MOST_EVENTS, account_windows, batch_of
from accounts.models import DetectionCursor, Hold, LoginSession, MisuseFinding, User
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.accounts.detecting import far
from tests.accounts.sharers import days_ago, guessed_at, happened, logged_in, shared, swept
from tests.customer import log_in
from tests.purchases.test_concurrency import at_once

pytestmark = pytest.mark.django_db


def kept(**conditions: object) -> list[tuple[str, int, str]]:
    return list(MisuseFinding.objects.filter(**conditions).order_by("pk").values_list("detector", "score", "state"))


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
    rows = list(AuditEvent.objects.values_list("id", "kind", "at", "user_id", "ip"))
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


# Holds


def test_enough_of_it_puts_the_account_on_hold(alice):
    client = log_in(alice)
    shared(alice, 12)
    outcome = swept()
    assert outcome.holds == 1
    hold = Hold.objects.get()
    assert (hold.user, hold.is_automatic, hold.expires_at) == (alice, True, None)
    assert "10 kinds of browser" in hold.reason
    assert "10 kinds of browser that were new to the account logged in from 13 networks" in hold.text
    assert "please tell us" in hold.text
    assert hold.evidence[0]["detector"] == "many_browsers"
    assert hold.evidence[0]["event_ids"]
    assert {state for _detector, _score, state in kept(user=alice)} == {"held"}
    assert not LoginSession.objects.filter(user=alice, ended_at=None).exists()
    assert client.get("/resources/").status_code == 302
    assert "logged in from 13 networks" in OutgoingMail.objects.get(cause=f"hold-placed:{hold.pk}").text
    assert AuditEvent.objects.filter(kind="hold.placed", user=alice, actor=None).count() == 1


def test_addresses_alone_put_nobody_on_hold(alice):
    for number in range(60):
        happened("login.succeeded", 60 - number, alice, far(number), area="resources", device="Firefox on Windows", known=False)
    swept()
    assert kept() == [("many_networks", 60, "open")]
    assert not Hold.objects.exists()


def test_guessing_from_outside_puts_nobody_on_hold(alice):
    """An attacker may fail as often as they like, from as many networks as they like, with an account that is watched already."""
    shared(alice, 8)
    for number in range(50):
        guessed_at(alice, 10, far(100 + number))
        happened("second_factor.failed", 1, alice, far(100 + number))
        happened("promo_code.refused", 1, alice, far(100 + number))
    swept()
    assert sum(score for _detector, score, _state in kept(user=alice)) > 200
    assert not Hold.objects.exists()


def test_staff_are_never_put_on_hold_automatically(ada):
    shared(ada, 20)
    assert swept().holds == 0
    assert ("many_browsers", 100, "open") in kept(user=ada)


def test_what_was_seen_long_ago_leads_to_no_hold(alice):
    """After the sweeps stood still for days, staff decide."""
    shared(alice, 20, until=60 * 49)
    swept()
    assert ("many_browsers", 100, "open") in kept(user=alice)
    assert not Hold.objects.exists()
    logged_in(alice, 1, 0)
    swept()
    assert Hold.objects.count() == 1, "it goes on"


def test_an_account_on_hold_is_not_put_on_hold_again(alice, ada):
    hold = holds.place(alice, reason="by hand", text="…", by=ada)
    shared(alice, 12)
    assert swept().holds == 0
    assert list(Hold.objects.all()) == [hold]
    assert ("many_browsers", 100, "open") in kept(user=alice)


def test_after_a_hold_is_lifted_what_it_rested_on_does_not_count_again(alice, ada):
    shared(alice, 12)
    swept()
    holds.lift(Hold.objects.get(), by=ada, reason="a school, as agreed")
    logged_in(alice, -1, 3)
    logged_in(alice, -2, 4)
    swept()
    assert Hold.objects.count() == 1
    assert kept(state="open") == []


@pytest.mark.parametrize(("browsers_in_turn", "held"), [(5, 0), (6, 1)])
def test_signs_that_may_hold_are_added_up_and_no_others(alice, browsers_in_turn, held):
    """A shared log-on of 40, networks of 40 that do not count, and use in turns of 40 or 70."""
    shared(alice, 7, until=400)
    for number in range(2 * browsers_in_turn):
        logged_in(alice, 60 - number, number % browsers_in_turn, known=True)
    assert swept().holds == held
    scores = {detector: score for detector, score, _state in kept(user=alice)}
    assert scores == {"many_networks": 40, "many_browsers": 40, "simultaneous_use": 70 if held else 40}


def test_signs_of_long_ago_are_not_added_to_those_of_today(alice):
    MisuseFinding.objects.create(
        detector="many_browsers", user=alice, score=90, explanation="…", first_at=days_ago(32), last_at=days_ago(31)
    )
    for number in range(12):
        logged_in(alice, 60 - number, number % 6, known=True)
    assert swept().holds == 0
    assert kept(detector="simultaneous_use") == [("simultaneous_use", 70, "open")]
    MisuseFinding.objects.filter(detector="many_browsers").update(last_at=days_ago(29))
    logged_in(alice, 0.1, 1, known=True)
    assert swept().holds == 1


def test_what_was_found_during_a_hold_does_not_bring_it_back(alice, ada):
    """Staff held the account, the detectors saw what staff had seen, staff lifted it: only what comes then counts."""
    holds.place(alice, reason="by hand", text="…", by=ada)
    shared(alice, 12)
    swept()
    assert kept(detector="many_browsers") == [("many_browsers", 100, "open")]
    holds.lift(Hold.objects.get(), by=ada, reason="explained")
    shared(alice, 6, until=-300)
    swept()
    assert kept(detector="many_browsers") == [("many_browsers", 40, "open")]
    assert Hold.objects.count() == 1


# Late and at once: on a database that really works at once


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
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


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
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


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
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
