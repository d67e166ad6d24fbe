"""What purchases tell of their promises: notifications are worked on and hold nothing of payment, partners are named, hand-overs hold no more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.kinds import Kind
from audit.log import record
from privacy.promise_checks import Outcome
from purchases.models import WebhookEvent
from purchases.partners import policies
from purchases.promise_checks import hand_overs_hold_no_more, no_payment_data_is_kept, notifications_are_worked_on, partners_are_named

pytestmark = pytest.mark.django_db
CARD = "4111 1111 1111 1111"


def notified(**values) -> WebhookEvent:
    values = {
        "partner": "plimus",
        "event_key": str(WebhookEvent.objects.count()),
        "raw_type": "CHARGE",
        "kind": "purchase",
        "payload": {},
    } | values
    return WebhookEvent.objects.create(**values)


def test_a_notification_that_nobody_works_on():
    notified(next_try_at=timezone.now() - timedelta(minutes=10))
    assert notifications_are_worked_on()[0] == Outcome.KEPT
    WebhookEvent.objects.update(next_try_at=timezone.now() - timedelta(minutes=20))
    assert notifications_are_worked_on() == (
        Outcome.BROKEN,
        "1 notifications of partners have waited for a quarter of an hour and longer",
    )


def test_one_that_failed_waits_for_staff():
    notified(state="failed")
    assert notifications_are_worked_on() == (
        Outcome.UNKNOWN,
        "no notification waits for a worker; 1 of the last 30 days failed, and wait for staff",
    )


@pytest.mark.parametrize(
    "held", [{"payload": {"note": f"my card is {CARD}"}}, {"payload": {"cardNumber": "x"}}, {"read_back": {"a": [{"b": CARD}]}}]
)
def test_payment_data_that_somebody_wrote_past_the_site_is_found(held):
    clean = notified(payload={"orderNumber": "1001", "name": "Alice"})
    assert no_payment_data_is_kept() == (Outcome.KEPT, "none of the latest 1 notifications holds what looks like payment data")
    found = notified(**held)
    assert no_payment_data_is_kept() == (
        Outcome.BROKEN,
        f"1 stored notifications hold what looks like payment data, such as number {found.pk}",
    )
    assert clean.pk != found.pk


def test_the_evidence_repeats_no_number():
    notified(payload={"note": CARD})
    assert "4111" not in no_payment_data_is_kept()[1]


def test_a_partner_whom_nobody_named(monkeypatch):
    monkeypatch.setattr("purchases.promise_checks.open_partners", list)
    assert partners_are_named() == (Outcome.KEPT, "there is no partner yet")
    monkeypatch.setattr("purchases.promise_checks.open_partners", lambda: ["plimus"])
    assert partners_are_named()[0] == Outcome.KEPT
    monkeypatch.delitem(policies.POLICIES, "plimus")
    assert partners_are_named() == (Outcome.BROKEN, "partners without a name or a policy: plimus")


def test_a_hand_over_that_took_more_along():
    record(Kind.PURCHASE_HANDED_OVER, partner="plimus", data=["product", "quantity", "email", "name"])
    assert hand_overs_hold_no_more()[0] == Outcome.KEPT
    record(Kind.PURCHASE_HANDED_OVER, partner="plimus", data=["product", "birthday"])
    assert hand_overs_hold_no_more() == (Outcome.BROKEN, "purchases begun here took along: birthday")
