"""A purchase notified by a partner becomes an account, entitlements, unlock codes and one mail."""

from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from bench.clients import purchase_body
from downloads.models import Entitlement, UnlockCode
from infacta.celery import WakingTask
from mailroom.models import OutgoingMail
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events, fulfil_event
from tests.purchases.partner_side import BUYER, line, post, purchase

pytestmark = pytest.mark.django_db


def test_a_purchase_opens_the_account_and_grants(told, notebook):
    event = told(purchase(lines=[line(product_name="Notebook 3", unit_price="19.90", delivery_option="download")]))
    assert (event.state, event.state_reason, event.kind) == ("fulfilled", "", "purchase")
    bought = Purchase.objects.get()
    assert (bought.partner, bought.order_reference, bought.currency, bought.total) == ("standard-webhooks", "A-1", "EUR", Decimal("19.90"))
    assert (bought.ip, bought.email, bought.fax) == ("203.0.113.7", BUYER["email"], BUYER["fax"])
    item = bought.items.get()
    assert (item.product_name, item.unit_price, item.delivery_option) == ("Notebook 3", Decimal("19.90"), "download")
    assert item.entitlement.user == bought.user == User.objects.get(email="Alice@example.com")
    assert AuditEvent.objects.filter(kind="purchase.recorded", user=bought.user).count() == 1
    assert OutgoingMail.objects.get().to == "Alice@example.com"


def test_nothing_is_granted_before_a_worker_comes(client: Client, notebook):
    assert post(client, purchase()).status_code == 200
    assert WebhookEvent.objects.get().state == "received"
    assert not Entitlement.objects.exists()


def test_a_woken_worker_fulfils_just_that_notification(client: Client, notebook):
    post(client, purchase("A-1"))
    post(client, purchase("A-2"))
    fulfil_event(WebhookEvent.objects.get(order_reference="A-2").pk)
    assert [bought.order_reference for bought in Purchase.objects.all()] == ["A-2"]


def test_a_worker_is_woken_once_after_the_commit(client: Client, settings, monkeypatch, django_capture_on_commit_callbacks):
    """The broker is the edge of somebody else's system: what is asked of it is looked at here."""
    asked: list[tuple[int]] = []
    monkeypatch.setattr(WakingTask, "_ask", lambda task, *args: asked.append(args))
    settings.CELERY_BROKER_URL = "redis://nobody.example"
    with django_capture_on_commit_callbacks(execute=True):
        for _time in range(2):
            assert post(client, purchase(), "msg_1").status_code == 200
        assert asked == []
    assert asked == [(WebhookEvent.objects.get().pk,)]


def test_three_units_are_three_unlock_codes(told, notebook):
    told(purchase(lines=[line(quantity=3)]))
    assert len(set(UnlockCode.objects.values_list("code", flat=True))) == 3
    assert Entitlement.objects.get().units == 3


def test_each_line_is_an_entitlement_of_its_own(told, notebook, mailer):
    told(purchase(lines=[line(1, "NOTEBOOK", 2), line(2, "MAILER"), line(3, "NOTEBOOK")]))
    assert list(Purchase.objects.get().items.values_list("line_number", "entitlement__product__code", "entitlement__units")) == [
        (1, "NOTEBOOK", 2),
        (2, "MAILER", 1),
        (3, "NOTEBOOK", 1),
    ]


def test_another_letter_case_joins_the_account(told, alice, notebook):
    told(purchase("A-2", buyer=BUYER | {"email": "ALICE@EXAMPLE.COM", "name": "Somebody Else"}))
    assert Purchase.objects.get().user == alice
    alice.refresh_from_db()
    assert (alice.email, alice.name) == ("Alice@example.com", "Alice Archer")
    assert alice.entitlements.count() == 2


def test_the_same_notification_twice_is_one_purchase(client: Client, told, notebook):
    told(purchase(), "msg_1")
    assert post(client, purchase(), "msg_1").status_code == 200
    assert fulfil_due_events() == 0
    assert WebhookEvent.objects.count() == Purchase.objects.count() == OutgoingMail.objects.count() == 1


def test_the_same_order_in_another_notification_is_one_purchase(told, notebook):
    told(purchase(), "msg_1")
    second = told(purchase(), "msg_2")
    assert (second.state, second.state_reason) == ("ignored", "The order is already recorded.")
    assert Purchase.objects.count() == Entitlement.objects.count() == OutgoingMail.objects.count() == 1


def test_a_test_grants_nothing(told, notebook):
    event = told(purchase() | {"test": True})
    assert event.state == "ignored"
    assert "test" in event.state_reason
    assert not Purchase.objects.exists()
    assert not User.objects.exists()


def test_what_the_benchmark_posts_is_a_purchase(told, notebook, mailer):
    event = told(purchase_body(7, ["NOTEBOOK", "MAILER"]))
    assert event.state == "fulfilled"
    assert Purchase.objects.get().items.count() == 2


def test_the_shortest_and_the_longest_purchase_fit(told, notebook):
    longest = {
        "email": f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.example",
        "name": "n" * 200,
        "company": "c" * 200,
        "address1": "1" + "a" * 199,
        "address2": "a" * 200,
        "city": "c" * 100,
        "region": "r" * 100,
        "postal_code": "p" * 30,
        "country": "c" * 100,
        "telephone": "t" * 50,
        "fax": "f" * 50,
    }
    lines = [line(32767, product_name="n" * 200, unit_price="9999999999.99", delivery_option="d" * 100)]
    assert told(purchase("r" * 70, lines, buyer=longest, total="9999999999.99"), "i" * 200).state == "fulfilled"
    shortest = {"order_reference": "B", "purchased_at": "2026-01-02T03:04:05Z", "buyer": {"email": "b@example.com"}, "lines": [line()]}
    assert told({"type": "purchase.completed", "data": shortest}).state == "fulfilled"


def test_one_that_breaks_holds_up_nobody(client: Client, told, notebook, monkeypatch):
    """A notification that no code can digest is tried, put off, and at last given up, while others go on."""
    post(client, purchase("POISON"))
    WebhookEvent.objects.update(payload={"type": "purchase.completed", "data": {}})
    assert told(purchase("A-2")).state == "fulfilled"
    poison = WebhookEvent.objects.get(order_reference="POISON")
    assert (poison.state, poison.failures) == ("waiting", 1)
    assert "KeyError" in poison.state_reason
    assert poison.next_try_at > poison.received_at


def test_one_that_always_breaks_is_given_up_visibly(client: Client, an_hour_later, notebook):
    post(client, purchase("POISON"))
    WebhookEvent.objects.update(payload={})
    fulfil_due_events()
    for _hour in range(WebhookEvent.MOST_FAILURES + 2):
        an_hour_later()
    poison = WebhookEvent.objects.get()
    assert (poison.state, poison.failures) == ("failed", WebhookEvent.MOST_FAILURES)
    WebhookEvent.objects.update(payload=purchase("POISON"))
    assert WebhookEvent.objects.replay() == 1
    assert fulfil_due_events() == 1
    assert WebhookEvent.objects.get().state == "fulfilled"


def test_nothing_of_a_broken_attempt_stays(client: Client, notebook, monkeypatch):
    """The account and the mail go back with the rest of the transaction."""
    post(client, purchase())
    monkeypatch.setattr("purchases.intake.recording.record_items", lambda *args: 1 / 0)
    fulfil_due_events()
    assert not User.objects.exists()
    assert not OutgoingMail.objects.exists()
    assert not Entitlement.objects.exists()
    assert WebhookEvent.objects.get().state_reason.startswith("It broke (ZeroDivisionError)")
