"""What Lemon Squeezy sends, and what becomes of it."""

import json
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from downloads.models import Entitlement
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.partners.base import Notice
from purchases.partners.registry import PARTNERS
from purchases.tasks import fulfil_due_events
from tests.purchases import fuzz
from tests.purchases.sides import lemonsqueezy as side

pytestmark = pytest.mark.django_db
LEMON_SQUEEZY = PARTNERS["lemonsqueezy"]


@pytest.fixture
def lemonsqueezy(settings, notebook) -> dict[str, Any]:
    """Lemon Squeezy is open, and calls Notebook by the number of a variant."""
    ProductCode.objects.create(partner="lemonsqueezy", code="71002", product=notebook)
    with side.opened(settings):
        yield settings.PARTNERS["lemonsqueezy"]


@pytest.fixture
def say(client: Client, lemonsqueezy):
    """Send an event, and work on what is due; the answer."""

    def tell(payload: dict[str, Any]):
        (message,) = side.message(payload)
        answer = message.post(client)
        fulfil_due_events()
        return answer

    return tell


def the_event(kind: str) -> WebhookEvent:
    return WebhookEvent.objects.filter(kind=kind).latest("pk")


def units_left() -> int:
    return sum(owned.units_left for owned in Entitlement.objects.all())


def test_an_order_becomes_a_purchase(say):
    answer = say(side.order())
    assert (answer.status_code, answer.content) == (200, b"")
    bought = Purchase.objects.get()
    assert (bought.order_reference, bought.currency, bought.total) == (side.ORDER, "EUR", Decimal("48.95"))
    assert bought.purchased_at == datetime(2025, 1, 3, 5, 6, 7, tzinfo=UTC)
    assert (bought.email, bought.name) == ("Alice@example.com", "Alice Archer")
    item = bought.items.get()
    assert (item.product_code, item.product_name, item.quantity) == ("71002", "Notebook, Version 2", 2)
    assert item.unit_price is None, "of several units it is not told whether the price is of each"
    assert bought.references.get().reference == "104e18a2-d755-4d4b-80c4-a6c1dcbe1c10"


def test_the_price_of_a_single_unit_is_kept(say):
    say(side.order(first_order_item=side.FIRST_ITEM | {"quantity": 1}))
    assert Purchase.objects.get().items.get().unit_price == Decimal("19.90")


def test_the_product_may_go_by_its_own_number(say, lemonsqueezy):
    lemonsqueezy["product_code"] = "product_id"
    say(side.order())
    assert the_event("purchase").unknown_code == "70"


def test_what_is_sent_again_counts_once(say):
    say(side.order())
    say(side.order())
    assert WebhookEvent.objects.count() == 1
    say(side.order(updated_at="2025-01-04T05:06:09.000000Z"))
    assert the_event("purchase").state_reason == "The order is already recorded."
    assert (Purchase.objects.count(), units_left()) == (1, 2)


@pytest.mark.parametrize("status", ["pending", "failed", "fraudulent", "", None])
def test_an_order_that_is_not_paid_grants_nothing(say, status):
    say(side.order(status=status))
    kept = WebhookEvent.objects.get()
    assert (kept.kind, kept.state, kept.state_reason) == ("payment_failed", "ignored", "Nothing was paid, so there is nothing to grant.")
    assert not Purchase.objects.exists()


def test_an_order_that_was_returned_before_it_was_told_of_ends_without_units(say):
    say(side.order(status="refunded", refunded=True))
    assert (the_event("purchase").state, Purchase.objects.count(), units_left()) == ("fulfilled", 1, 0)
    say(side.refund())
    assert (the_event("refund").state_reason, units_left()) == ("Nothing was left to take back.", 0)


@pytest.mark.parametrize("where", ["the order", "the webhook"])
def test_a_test_grants_nothing(say, where):
    payload = side.order(test_mode=True)
    del payload["meta" if where == "the order" else "data"]["test_mode" if where == "the order" else "relationships"]
    say(payload)
    assert (WebhookEvent.objects.get().state, WebhookEvent.objects.get().test_mode) == ("ignored", True)
    assert not Purchase.objects.exists()


# What is believed


def test_openssl_signs_the_same(client, lemonsqueezy):
    body = json.dumps(side.order()).encode()
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", side.SECRET, "-r"], input=body, capture_output=True, check=True)
    headers = {"x-signature": digest.stdout.decode().split()[0].upper()}
    assert client.post(side.URL, body, content_type="application/json", headers=headers).status_code == 200


def test_secrets_rotate(client, lemonsqueezy):
    lemonsqueezy["secrets"] = [side.OTHER_SECRET, side.SECRET]
    for secret in (side.SECRET, side.OTHER_SECRET):
        assert side.message(side.order(), secret)[0].post(client).status_code == 200
    lemonsqueezy["secrets"] = [side.OTHER_SECRET]
    assert side.message(side.order())[0].post(client).status_code == 401


@pytest.mark.parametrize("signature", ["", "00", "é", side.signature(b"{}"), "x" * 5000])
def test_what_is_not_signed_is_not_kept(client, lemonsqueezy, signature):
    answer = client.post(side.URL, json.dumps(side.order()), content_type="application/json", headers={"X-Signature": signature})
    assert (answer.status_code, answer.content) == (401, b"")
    assert not WebhookEvent.objects.exists()


def test_a_header_that_says_something_else_is_refused(client, lemonsqueezy):
    """It is not signed, and must not be read instead of what is."""
    body = json.dumps(side.order()).encode()
    assert side.raw(body, **{"X-Event-Name": "order_refunded"}).post(client).status_code == 400
    assert side.raw(body).post(client).status_code == 200


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ({"secrets": ["short"]}, "LEMONSQUEEZY_SECRETS: secret number 1 is shorter"),
        ({"product_code": "sku"}, "LEMONSQUEEZY_PRODUCT_CODE is 'sku'"),
    ],
    ids=str,
)
def test_bad_settings_close_it_and_are_named(client, lemonsqueezy, configured, said):
    lemonsqueezy |= configured
    assert said in LEMON_SQUEEZY.problems(LEMON_SQUEEZY.secrets)[0]
    assert side.message(side.order())[0].post(client).status_code == 404


# Refunds


def test_a_refund_of_the_whole_takes_all_back(say):
    say(side.order())
    say(side.refund())
    assert (the_event("refund").state, units_left()) == ("fulfilled", 0)


def test_a_refund_before_its_order_waits_for_it(say):
    say(side.refund())
    assert the_event("refund").state == "waiting"
    say(side.order())
    assert (the_event("refund").state, units_left()) == ("fulfilled", 0)


def test_a_refund_of_a_part_is_for_staff_and_the_rest_that_follows_is_not(say):
    say(side.order())
    say(side.refund(1000))
    assert (the_event("refund").state, units_left()) == ("failed", 2)
    assert "staff decide" in the_event("refund").state_reason
    say(side.refund())
    assert (the_event("refund").state, units_left()) == ("fulfilled", 0)


# Subscriptions


def test_numbers_of_orders_subscriptions_and_invoices_are_not_mixed_up(say, notebook):
    """All three have the same number in this test, and a stranger's order has it too."""
    notebook.upgrade_months = 12
    notebook.save()
    say(side.order(number="9", user_email="bob@example.org"))
    say(side.order())
    say(side.subscribed())
    alices = Entitlement.objects.get(user__email="Alice@example.com")
    bought_until = alices.upgrades_until
    say(side.paid())
    alices.refresh_from_db()
    renewal = Purchase.objects.exclude(renews=None).get()
    assert (renewal.order_reference, renewal.renews.order_reference) == (f"invoice-{side.INVOICE}", side.ORDER)
    assert (renewal.total, alices.upgrades_until > bought_until) == (Decimal("48.95"), True)
    say(side.renewal_refund())
    alices.refresh_from_db()
    assert (alices.upgrades_until, alices.units_left, units_left()) == (bought_until, 2, 4)


def test_a_renewal_waits_for_its_order_and_its_subscription(say):
    say(side.paid())
    assert the_event("renewal").state == "waiting"
    say(side.subscribed())
    assert (the_event("reference").state, the_event("renewal").state) == ("waiting", "waiting")
    say(side.order())
    fulfil_due_events()
    assert (the_event("reference").state, the_event("renewal").state) == ("fulfilled", "fulfilled")


def test_the_refund_of_the_first_invoice_is_of_the_order(say):
    say(side.order())
    say(side.subscribed())
    say(side.renewal_refund(billing_reason="initial"))
    assert (the_event("refund").state, units_left()) == ("fulfilled", 0)


def test_a_refund_of_a_part_of_a_renewal_is_for_staff(say):
    for payload in (side.order(), side.subscribed(), side.paid(), side.renewal_refund(100)):
        say(payload)
    assert the_event("refund").state == "failed"


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (side.paid(billing_reason="initial"), "ignored"),
        (side.paid(billing_reason="updated"), "ignored"),
        (side.paid(status="pending"), "payment_failed"),
        (side.paid(status="void"), "payment_failed"),
        (side.paid("subscription_payment_failed"), "payment_failed"),
        (side.paid("subscription_payment_recovered"), "ignored"),
        (side.event("subscription_updated", "subscriptions", "1", {"updated_at": "2025-01-03T05:06:10Z"}), "subscription_changed"),
        (side.event("subscription_cancelled", "subscriptions", "1", {"updated_at": "2025-01-03T05:06:10Z"}), "subscription_cancelled"),
        (side.event("subscription_expired", "subscriptions", "1", {"updated_at": "2025-01-03T05:06:10Z"}), "subscription_cancelled"),
        (side.event("license_key_created", "license-keys", "1", {"updated_at": "2025-01-03T05:06:10Z"}), "ignored"),
        (side.event("affiliate_activated", "affiliates", "1", {"updated_at": "2025-01-03T05:06:10Z"}), "ignored"),
    ],
    ids=lambda value: value["meta"]["event_name"] if isinstance(value, dict) else value,
)
def test_what_is_no_purchase_grants_nothing_and_says_so(say, payload, kind):
    assert say(payload).status_code == 200
    kept = WebhookEvent.objects.get()
    assert (kept.kind, kept.state) == (kind, "ignored")
    assert kept.state_reason
    assert not Purchase.objects.exists()


# What cannot be read


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": None},
        {"created_at": "2099-01-01T00:00:00Z"},
        {"created_at": "yesterday"},
        {"created_at": 1735880000},
        {"updated_at": None},
        {"updated_at": "2" * 41},
        {"user_email": "nobody"},
        {"user_email": None},
        {"user_email": ["a@b.example"]},
        {"user_name": {}},
        {"currency": "Euro"},
        {"total": -1},
        {"total": "free"},
        {"total": 10**13},
        {"status": {"is": "paid"}},
        {"first_order_item": None},
        {"first_order_item": []},
        {"first_order_item": side.FIRST_ITEM | {"variant_id": None}},
        {"first_order_item": side.FIRST_ITEM | {"quantity": 0}},
        {"first_order_item": side.FIRST_ITEM | {"quantity": 10_001}},
        {"first_order_item": side.FIRST_ITEM | {"quantity": "two"}},
        {"first_order_item": side.FIRST_ITEM | {"quantity": 1, "price": -5}},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_an_order_that_cannot_be_read_is_refused(say, changes):
    answer = say(side.order(**changes))
    assert (answer.status_code, answer.content) == (400, b"")
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"meta": []}', b'{"meta": {"event_name": 1}}', b"\xff", b"NaN"], ids=repr)
def test_what_is_no_event_is_refused(client, lemonsqueezy, body):
    assert side.raw(body).post(client).status_code == 400


def test_nothing_about_payment_is_kept(say):
    say(side.paid() | {"note": "4111 1111 1111 1111"})
    kept = json.dumps(WebhookEvent.objects.get().payload)
    assert "card_" not in kept
    assert "4111" not in kept


# Whatever is sent

KINDS = [side.order(), side.refund(), side.subscribed(), side.paid(), side.renewal_refund(), side.renewal_refund(billing_reason="initial")]
ITEMS = {"items": [side.FIRST_ITEM, side.FIRST_ITEM | {"id": 502, "variant_id": 71003}]}


@fuzz.reading
@given(payload=fuzz.changed(KINDS), read_back=st.none() | fuzz.changed([ITEMS]))
def test_any_event_is_read_or_refused(lemonsqueezy, payload, read_back):
    message = side.raw(json.dumps(payload).encode())
    read_back = read_back if isinstance(read_back, dict) else None
    for kept in fuzz.taken(lambda: LEMON_SQUEEZY.receive(Notice(message.body, message.headers, None)).notifications):
        fuzz.check_fits(kept.event)
        LEMON_SQUEEZY.wants_read_back(kept.payload)
        again = fuzz.taken(lambda kept=kept: (LEMON_SQUEEZY.event_of(kept.payload, kept.event.event_key, read_back),))
        for event in again:
            fuzz.check_fits(event)


@fuzz.whole_way
@given(payload=fuzz.changed(KINDS))
def test_any_event_goes_the_whole_way(lemonsqueezy, payload):
    with transaction.atomic():
        assert side.raw(json.dumps(payload).encode()).post(Client()).status_code in (200, 400)
        fulfil_due_events()
        fuzz.check_nothing_by_halves()
        transaction.set_rollback(True)


@fuzz.whole_way
@given(body=st.binary(max_size=300))
def test_any_bytes_are_answered(lemonsqueezy, body):
    assert side.raw(body).post(Client()).status_code == 400
