"""The queue of findings, and the page of one: for administration alone."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.holds import lift, place
from accounts.models import Hold, MisuseFinding
from tests.accounts.detecting import far
from tests.accounts.queue import QUEUE, page_of, queue
from tests.accounts.sharers import days_ago, happened, logged_in, shared, swept

pytestmark = pytest.mark.django_db


def found(user, detector: str, score: int, network: str = "", **values: object) -> MisuseFinding:
    values = {"explanation": f"{detector} of {score}", "first_at": days_ago(2), "last_at": days_ago(1)} | values
    return MisuseFinding.objects.create(detector=detector, user=user, network=network, score=score, **values)


# The queue


def test_the_queue_has_what_is_strong_enough_the_strongest_account_first(staff, alice, bob, mallory):
    found(alice, "many_networks", 20)
    found(None, "guessing_network", 60, network="203.0.113.9")
    found(mallory, "download_burst", 20)
    found(alice, "allowance_churn", 30, last_at=days_ago(5))
    found(bob, "guessing_account", 40, last_at=days_ago(0))
    rows = queue(staff)
    assert [row.split()[0] for row in rows] == ["203.0.113.9", "Alice@example.com", "Alice@example.com", "bob@example.org"]
    assert "50 allowance used up again and again" in rows[1]
    assert "50 many networks" in rows[2]
    assert "40 guessing at one account" in rows[3]
    assert "mallory" not in str(rows)
    assert "mallory" in str(queue(staff, what="open"))


def test_what_a_customer_reported_has_a_name_and_can_be_filtered(staff, alice, bob):
    reported = found(alice, "reported", 60)
    found(bob, "many_browsers", 60)
    rows = queue(staff, detector="reported")
    assert len(rows) == 1
    assert "60 reported by the customer" in rows[0]
    assert "Looks for: –" in page_of(staff, f"{QUEUE}{reported.pk}/change/")


def test_what_is_decided_leaves_the_queue_and_can_be_found(staff, alice, bob, ada):
    found(alice, "many_browsers", 60, state="dismissed", decided_at=days_ago(0), decided_by=ada)
    found(bob, "many_browsers", 60)
    assert [row.split()[0] for row in queue(staff)] == ["bob@example.org"]
    assert [row.split()[0] for row in queue(staff, what="decided")] == ["Alice@example.com"]
    assert len(queue(staff, what="all")) == 2
    assert len(queue(staff, what="all", detector="guessing_account")) == 0
    assert len(queue(staff, what="all", q="ALICE@example.com")) == 1
    assert len(queue(staff, what="nonsense")) == 1


def test_automatic_holds_that_nobody_has_looked_at_are_one_click_away(staff, alice, bob, ada):
    shared(alice, 12)
    swept()
    assert {row.split()[0] for row in queue(staff, what="held")} == {"Alice@example.com"}
    place(bob, reason="…", text="…", by=ada)
    found(bob, "many_browsers", 60, state="held", decided_by=ada)
    assert {row.split()[0] for row in queue(staff, what="held")} == {"Alice@example.com"}
    lift(Hold.objects.get(user=alice), by=ada, reason="explained")
    assert queue(staff, what="held") == []


def test_a_flood_of_networks_does_not_hide_the_account(staff, alice):
    """An IPv6 network has 65,536 networks to guess from."""
    found(alice, "many_browsers", 100)
    flood = [f"2001:db8:{number:x}::/64" for number in range(2_000)]
    values = {"detector": "guessing_network", "score": 60, "explanation": "…", "first_at": days_ago(2), "last_at": days_ago(1)}
    MisuseFinding.objects.bulk_create([MisuseFinding(network=network, **values) for network in flood])
    assert "Alice@example.com" in staff.get(QUEUE).content.decode()


def test_an_empty_queue_says_so(staff):
    assert "0 signs of misuse" in page_of(staff, QUEUE)


# The page of a finding


def test_the_page_says_what_was_seen(staff, finding, alice):
    text = page_of(staff, f"{QUEUE}{finding.pk}/change/")
    assert "Within 30 days, 7 kinds of browser that were new to the account logged in from 7 networks far apart." in text
    assert "kinds of browser 7" in text
    assert "the networks, most frequent first 20.0.0.0/16, 20.1.0.0/16" in text
    assert "Safari on Mac OS X" in text
    assert "many networks" in text or "Within 24 hours, browsers that were new" in text
    assert 'name="_save"' not in staff.get(f"{QUEUE}{finding.pk}/change/").content.decode()


def test_the_page_shows_the_accounts_time_as_a_picture(staff, finding, alice):
    happened("download.taken", 60 * 24 * 3, alice, far(1), file="a.zip")
    happened("login.failed", 60 * 24 * 4, alice, far(2))
    happened("login.failed", 60 * 24 * 100, alice, far(2))
    html = staff.get(f"{QUEUE}{finding.pk}/change/").content.decode()
    assert html.count("<circle") == 9, "seven log-ins, a download, and a failure; what is older than 90 days is not shown"
    assert "20.1.0.0/16, Firefox on Windows" in html
    assert "20.1.0.0/16, downloads" in html
    assert "failed attempts" in html


def test_many_networks_are_drawn_together(staff, finding, alice):
    for number in range(40):
        logged_in(alice, number, 100 + number)
    html = staff.get(f"{QUEUE}{finding.pk}/change/").content.decode()
    assert "elsewhere" in html
    assert len(set(re.findall(r"color-(\d+)", html))) == 9  # and no failures


def test_the_page_obeys_the_strict_policy(staff, finding):
    for path in (QUEUE, f"{QUEUE}{finding.pk}/change/", f"{QUEUE}{finding.pk}/hold/", f"{QUEUE}{finding.pk}/dismiss/"):
        html = staff.get(path).content.decode()
        assert "<style" not in html
        assert not re.search(r"\sstyle=", html)
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", html)


def test_the_page_shows_other_signs_and_holds_of_the_account(staff, finding, alice, ada):
    place(alice, reason="a quarrel about a refund", text="…", by=ada)
    text = page_of(staff, f"{QUEUE}{finding.pk}/change/")
    assert "a quarrel about a refund" in text
    assert "Within 24 hours, browsers that were new to the account" in text


def test_what_others_have_typed_is_only_text(staff, alice):
    finding = found(alice, "many_browsers", 60, explanation="<script>alert(1)</script>", evidence={"listed_browsers": ["<b>x</b>"]})
    happened("login.succeeded", 10, alice, far(1), device="<script>alert(2)</script>", known=True)
    html = staff.get(f"{QUEUE}{finding.pk}/change/").content.decode()
    assert "<script>alert" not in html
    assert "<b>x" not in html


@pytest.mark.any_keys
def test_a_finding_of_a_detector_that_is_gone_is_shown_all_the_same(staff, alice):
    finding = found(alice, "phrenology", 60, evidence={"bumps": 3})
    assert "phrenology" in page_of(staff, f"{QUEUE}{finding.pk}/change/")
    assert "phrenology" in str(queue(staff))


def test_the_pages_cost_the_same_however_much_there_is(staff, finding, alice, bob):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get(path)
        return len(captured)

    paths = [QUEUE, f"{QUEUE}{finding.pk}/change/"]
    assert [staff.get(path).status_code for path in paths] == [200, 200], "the first look at a customer is recorded"
    few = [queries(path) for path in paths]
    for number in range(30):
        logged_in(alice, number, number)
        found(alice, "many_browsers", 60, state="dismissed", decided_at=days_ago(number))
        found(None, "guessing_network", 60, network=f"203.0.113.{number}")
    assert [queries(path) for path in paths] == few
    assert few[0] <= 12
    assert few[1] <= 12
