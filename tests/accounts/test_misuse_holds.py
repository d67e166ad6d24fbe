"""Automatic holds: only by what may hold, only fresh, never of staff, never twice, and never by what outsiders do."""

import pytest

from accounts import holds
from accounts.models import Hold, LoginSession, MisuseFinding
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.accounts.detecting import far
from tests.accounts.sharers import days_ago, guessed_at, happened, kept, logged_in, shared, swept
from tests.customer import log_in

pytestmark = pytest.mark.django_db


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
