"""What FastSpring sends, and what becomes of it."""

import json
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from downloads.models import Entitlement
from mailroom.models import OutgoingMail
from privacy.card_data import without_card_data
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.partners.base import Notice
from purchases.partners.registry import PARTNERS
from purchases.tasks import fulfil_due_events
from tests.purchases import fuzz
from tests.purchases.sides import fastspring as side

pytestmark = pytest.mark.django_db
FASTSPRING = PARTNERS["fastspring"]


@pytest.fixture
def fastspring(settings, notebook) -> dict[str, Any]:
    """FastSpring is open, and calls Notebook by a path of its own."""
    ProductCode.objects.create(partner="fastspring", code="notebook-2", product=notebook)
    with side.opened(settings):
        yield settings.PARTNERS["fastspring"]


@pytest.fixture
def say(client: Client, fastspring):
    """Send events in one request, and work on what is due; the answer."""

    def tell(*events: Any):
        (message,) = side.message(*events)
        answer = message.post(client)
        fulfil_due_events()
        return answer

    return tell


def the_event(kind: str) -> WebhookEvent:
    return WebhookEvent.objects.filter(kind=kind).latest("pk")


def units_left() -> int:
    return sum(owned.units_left for owned in Entitlement.objects.all())


def looks_like_a_card(figures: str) -> bool:
    """The check of ISO/IEC 7812-1, done by hand."""
    doubled = [int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(reversed(figures))]
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


def test_an_order_becomes_a_purchase(say):
    assert (say(side.purchase()).status_code, say(side.purchase()).content) == (200, b"")
    bought = Purchase.objects.get()
    assert (bought.order_reference, bought.currency, bought.total) == (side.REFERENCE, "EUR", Decimal("48.95"))
    assert bought.purchased_at == datetime(2025, 1, 3, 4, 53, 20, 123000, tzinfo=UTC)
    assert (bought.name, bought.company, bought.telephone) == ("Alice Archer", "Archer & Daughters", "+353 91 555 012")
    assert bought.postal_address == "12 Quay Street\nH91 XR5A Galway\nConnacht\nIE"
    assert (bought.email, bought.ip) == ("Alice@example.com", "203.0.113.7")
    item = bought.items.get()
    assert (item.product_code, item.product_name, item.quantity, item.unit_price) == ("notebook-2", "Notebook 2", 2, Decimal("19.90"))
    assert set(bought.references.values_list("reference", flat=True)) == {side.ORDER, side.SUBSCRIPTION}


def test_the_product_may_go_by_its_sku(say, fastspring):
    fastspring["product_code"] = "sku"
    say(side.purchase())
    assert the_event("purchase").unknown_code == "NB-SKU"


def test_a_manual_retry_has_another_number_and_grants_nothing(say):
    say(side.purchase("evt-1"))
    say(side.purchase("evt-2"))
    assert the_event("purchase").state_reason == "The order is already recorded."
    assert (Purchase.objects.count(), units_left(), OutgoingMail.objects.count()) == (1, 2, 1)


def test_several_events_come_in_one_request(say):
    answer = say(side.purchase(), side.activated(), side.charged(), side.returned(units=1, total=24.48))
    assert (answer.status_code, answer.content) == (200, b"")
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"fulfilled"}
    assert (Purchase.objects.count(), units_left()) == (2, 1)


def test_one_bad_event_holds_up_no_good_one(say, caplog):
    """FastSpring hears which were taken, one a line, and sends the others again."""
    bad = side.purchase("evt-bad", customer={"email": "nobody"})
    answer = say(side.purchase("evt-1"), bad, None, side.activated("evt-2"))
    assert (answer.status_code, answer.content) == (202, b"evt-1\nevt-2")
    assert (WebhookEvent.objects.count(), units_left()) == (2, 2)
    assert "The e-mail address of the buyer is none." in caplog.text
    assert AuditEvent.objects.filter(kind="notification.refused").count() == 2


@pytest.mark.parametrize("events", [[], [side.purchase(customer={})], [None], ["text"], [{}], [[]]], ids=str)
def test_without_a_good_event_all_is_refused(say, events):
    answer = say(*events)
    assert (answer.status_code, answer.content) == (400, b"")
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"events": {}}', b'{"events": 1}', b"\xff", b'{"events": [NaN]}'], ids=repr)
def test_what_has_no_events_is_refused(client, fastspring, body):
    assert side.raw(body).post(client).status_code == 400


def test_a_test_grants_nothing(say):
    say(side.purchase("evt-1", live=False))
    say(side.purchase("evt-2", live=False))
    assert set(WebhookEvent.objects.values_list("state", "test_mode")) == {("ignored", True)}
    assert not Purchase.objects.exists()


# What is believed


def test_openssl_signs_the_same(client, fastspring):
    body = json.dumps({"events": [side.purchase()]}).encode()
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", side.SECRET, "-binary"], input=body, capture_output=True, check=True)
    written = subprocess.run(["openssl", "base64", "-A"], input=digest.stdout, capture_output=True, check=True)
    headers = {"x-fs-signature": written.stdout.decode()}
    assert client.post(side.URL, body, content_type="application/json", headers=headers).status_code == 200


def test_secrets_rotate(client, fastspring):
    fastspring["secrets"] = [side.OTHER_SECRET, side.SECRET]
    for secret in (side.SECRET, side.OTHER_SECRET):
        assert side.message(side.purchase(), secret=secret)[0].post(client).status_code == 200
    fastspring["secrets"] = [side.OTHER_SECRET]
    assert side.message(side.purchase())[0].post(client).status_code == 401


@pytest.mark.parametrize("signature", ["", "AAAA", "é", side.signature(b"{}"), side.signature(b"").upper(), "x" * 5000])
def test_what_is_not_signed_is_not_kept(client, fastspring, signature):
    body = json.dumps({"events": [side.purchase()]}).encode()
    answer = client.post(side.URL, body, content_type="application/json", headers={"X-FS-Signature": signature})
    assert (answer.status_code, answer.content) == (401, b"")
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ({"secrets": ["short"]}, "FASTSPRING_SECRETS: secret number 1 is shorter"),
        ({"secrets": [""]}, "FASTSPRING_SECRETS: secret number 1 is shorter"),
        ({"product_code": "path"}, "FASTSPRING_PRODUCT_CODE is 'path'"),
    ],
    ids=str,
)
def test_bad_settings_close_it_and_are_named(client, fastspring, configured, said):
    fastspring |= configured
    assert said in FASTSPRING.problems(FASTSPRING.secrets)[0]
    assert side.message(side.purchase())[0].post(client).status_code == 404


# Returns


def test_a_return_of_the_whole_price_takes_all_back(say):
    say(side.purchase())
    say(side.returned(items=[]))
    assert (the_event("refund").state, units_left()) == ("fulfilled", 0)


def test_a_return_of_one_unit_takes_one_back(say):
    say(side.purchase())
    say(side.returned(units=1, total=24.48))
    assert (the_event("refund").state, units_left()) == ("fulfilled", 1)


def test_a_return_of_one_of_two_products_leaves_the_other(say, mailer):
    say(side.purchase(items=[side.ITEM, side.ITEM | {"product": "MAILER", "subscription": None}]))
    say(side.returned(total=48.95, original={"id": side.ORDER, "reference": side.REFERENCE, "total": 97.90}))
    assert {owned.product.code: owned.units_left for owned in Entitlement.objects.all()} == {"NOTEBOOK": 0, "MAILER": 2}


@pytest.mark.parametrize(
    "changes",
    [
        {"total": 10.0, "items": [{"product": "notebook-2", "quantity": 2, "subtotal": 8.13}]},
        {"total": 10.0, "items": []},
        {"total": 10.0, "items": [{"product": "notebook-2", "subtotal": 8.13}]},
        {"total": 10.0, "items": [{"product": "notebook-2", "quantity": 1}] * 2},
        {"total": 10.0, "original": side.ORDER, "items": []},
        {"completed": False},
    ],
    ids=["less than the price", "no product", "no quantity", "a product twice", "without the price", "not done yet"],
)
def test_a_part_of_the_price_is_for_staff(say, changes):
    say(side.purchase())
    say(side.returned(**changes))
    assert (the_event("refund").state, units_left()) == ("failed", 2)
    assert "staff decide" in the_event("refund").state_reason


def test_a_return_before_its_order_waits_for_it(say):
    say(side.returned())
    assert the_event("refund").state == "waiting"
    say(side.purchase())
    assert (the_event("refund").state, units_left()) == ("fulfilled", 0)


def test_a_chargeback_goes_by_the_number_of_the_order(say):
    say(side.charged_back())
    say(side.purchase())
    assert (the_event("chargeback").state, units_left()) == ("fulfilled", 0)


@pytest.mark.parametrize("changes", [{"chargebackAmount": 48.94}, {"chargebackAmount": None}, {"currency": "USD"}], ids=str)
def test_a_chargeback_of_another_amount_is_for_staff(say, changes):
    say(side.purchase())
    say(side.charged_back(**changes))
    assert (the_event("chargeback").state, units_left()) == ("failed", 2)


# Subscriptions


def test_a_charge_renews_the_order_and_its_return_subtracts(say, notebook):
    notebook.upgrade_months = 12
    notebook.save()
    say(side.purchase())
    bought_until = Entitlement.objects.get().upgrades_until
    say(side.charged())
    renewal = Purchase.objects.exclude(renews=None).get()
    assert (renewal.order_reference, renewal.total, renewal.renews.order_reference) == (
        "FUR250303-2389-33111B",
        Decimal("48.95"),
        side.REFERENCE,
    )
    assert Entitlement.objects.get().upgrades_until > bought_until
    original = {"id": "AxajJf8vQDC_YzEk7QY-7g", "reference": "FUR250303-2389-33111B", "total": 48.95}
    say(side.returned(original=original))
    assert (Entitlement.objects.get().upgrades_until, units_left()) == (bought_until, 2)


def test_a_charge_of_another_product_is_for_staff(say):
    charge = side.charged()
    charge["data"]["order"]["items"][0]["product"] = "another"
    say(side.purchase(), charge)
    assert (the_event("renewal").state, the_event("renewal").state_reason) == ("failed", "The order has no line another.")


def test_a_charge_without_its_order_is_refused(say, caplog):
    assert say(side.charged(order="AxajJf8vQDC_YzEk7QY-7g")).status_code == 400
    assert "switch on webhook expansion" in caplog.text


def test_a_subscription_leads_to_its_first_order(say):
    """The items of an order without webhook expansion may not name it."""
    say(side.charged())
    say(side.purchase(items=[side.ITEM | {"subscription": None}]))
    assert the_event("renewal").state == "waiting"
    say(side.activated())
    fulfil_due_events()
    assert the_event("renewal").state == "fulfilled"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (side.charged(status="failed"), "payment_failed"),
        (side.purchase(completed=False), "payment_failed"),
        (side.event("order.failed", {}, "e"), "payment_failed"),
        (side.event("order.payment.pending", {}, "e"), "payment_failed"),
        (side.event("subscription.charge.failed", {}, "e"), "payment_failed"),
        (side.event("subscription.canceled", {}, "e"), "subscription_cancelled"),
        (side.event("subscription.deactivated", {}, "e"), "subscription_cancelled"),
        (side.event("subscription.updated", {}, "e"), "subscription_changed"),
        (side.event("subscription.activated", {"id": "s"}, "e"), "subscription_changed"),
        (side.event("mailingListEntry.updated", {}, "e"), "ignored"),
        (side.event("account.created", {"contact": {}}, "e"), "ignored"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else value,
)
def test_what_is_no_purchase_grants_nothing_and_says_so(say, event, kind):
    assert say(event).status_code == 200
    kept = WebhookEvent.objects.get()
    assert (kept.kind, kept.state) == (kind, "ignored")
    assert kept.state_reason
    assert not Purchase.objects.exists()


# What cannot be read


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": None, "id": None, "order": None},
        {"reference": "9" * 71},
        {"reference": "é"},
        {"changed": None},
        {"changed": 4102444800000},
        {"changed": "yesterday"},
        {"currency": "Euro"},
        {"currency": 1},
        {"total": -1},
        {"total": "free"},
        {"total": 10**10},
        {"total": [1]},
        {"customer": {"email": ""}},
        {"customer": {"email": "a@b.example\r\nBcc: c@d.example"}},
        {"customer": []},
        {"customer": "Alice"},
        {"customer": side.CUSTOMER | {"first": {}}},
        {"items": []},
        {"items": {}},
        {"items": ["notebook"]},
        {"items": [side.ITEM] * 101},
        {"items": [side.ITEM | {"quantity": 0}]},
        {"items": [side.ITEM | {"quantity": -2}]},
        {"items": [side.ITEM | {"quantity": 1.5}]},
        {"items": [side.ITEM | {"quantity": True}]},
        {"items": [side.ITEM | {"quantity": 10_001}]},
        {"items": [side.ITEM | {"quantity": 9_000}] * 2},
        {"items": [side.ITEM | {"product": None}]},
        {"items": [side.ITEM | {"subtotal": -1}]},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_an_order_that_cannot_be_read_is_refused(say, changes):
    assert say(side.purchase(**changes)).status_code == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"live": None}, {"id": ""}, {"id": "two\nlines"}, {"id": "x" * 101}, {"type": ""}, {"data": []}, {"data": 1}]
)
def test_an_event_that_cannot_be_read_is_refused(say, changes):
    event = side.purchase() | changes
    event["data"] = (
        {name: value for name, value in event["data"].items() if name != "live"} if isinstance(event["data"], dict) else event["data"]
    )
    assert say(event).status_code == 400


@pytest.mark.parametrize(
    ("currency", "total", "subtotal", "kept"),
    [
        ("jpy", 1200.4, 1000, ("JPY", Decimal("1200.00"), Decimal("500.00"))),
        ("JPY", 1001, 1001, ("JPY", Decimal("1001.00"), Decimal("500.50"))),
        ("USD", 19.999, 0.1, ("USD", Decimal("20.00"), Decimal("0.05"))),
        ("KWD", 1.2345, 1.23, ("KWD", Decimal("1.23"), Decimal("0.62"))),
        ("ZZZ", "12.5", "3", ("ZZZ", Decimal("12.50"), Decimal("1.50"))),
        (None, None, None, ("", None, None)),
    ],
    ids=str,
)
def test_amounts_are_rounded_as_their_currency_is(say, currency, total, subtotal, kept):
    say(side.purchase(currency=currency, total=total, items=[side.ITEM | {"subtotal": subtotal}]))
    bought = Purchase.objects.get()
    assert (bought.currency, bought.total, bought.items.get().unit_price) == kept


# The screen


def test_times_and_references_that_look_like_cards_are_kept_and_cards_are_not(say):
    moment = next(at for at in range(side.JANUARY, side.JANUARY + 100) if looks_like_a_card(str(at)))
    figures = next(number for number in range(10118, 10218) if looks_like_a_card(f"2501038970{number}"))
    event = side.purchase(reference=f"FUR250103-8970-{figures}", changed=moment, note="4111 1111 1111 1111", total=48.95)
    say(event | {"created": moment})
    kept, bought = the_event("purchase"), Purchase.objects.get()
    assert bought.order_reference == kept.order_reference == f"FUR250103-8970-{figures}"
    assert kept.occurred_at == bought.purchased_at == datetime.fromtimestamp(moment / 1000, UTC)
    assert "4111" not in json.dumps(kept.payload)
    assert "cardEnding" not in json.dumps(kept.payload)


@pytest.mark.parametrize("reference", ["ABC411111-1111-11116", "4111111111111111", "ABC250103-8970-101181234"])
def test_what_is_no_reference_of_an_order_is_screened_as_ever(say, reference):
    """Whatever stands there: no day, no letters, too many figures."""
    say(side.purchase(reference=reference))
    assert the_event("purchase").order_reference == without_card_data(reference) != reference


def signed(*events: Any) -> Notice:
    (message,) = side.message(*events)
    return Notice(message.body, message.headers, "127.0.0.1")


# Whatever is sent


KINDS = [side.purchase(), side.returned(), side.charged(), side.charged_back(), side.activated()]


@fuzz.reading
@given(events=st.lists(fuzz.changed(KINDS), min_size=1, max_size=2))
def test_any_event_is_read_or_refused(fastspring, events):
    for notification in fuzz.taken(lambda: FASTSPRING.receive(signed(*events)).notifications):
        fuzz.check_fits(notification.event)
        fuzz.check_fits(FASTSPRING.event_of(notification.payload, notification.event.event_key))


@fuzz.whole_way
@given(events=st.lists(fuzz.changed(KINDS), min_size=1, max_size=2))
def test_any_event_goes_the_whole_way(fastspring, events):
    with transaction.atomic():
        assert side.message(*events)[0].post(Client()).status_code in (200, 202, 400)
        fulfil_due_events()
        fuzz.check_nothing_by_halves()
        transaction.set_rollback(True)


@fuzz.whole_way
@given(body=st.binary(max_size=300))
def test_any_bytes_are_answered(fastspring, body):
    assert side.raw(body).post(Client()).status_code == 400


# Whatever order they come in


def history() -> list[dict[str, Any]]:
    """One order, its subscription, a renewal, the return of the renewal, of a unit of the order, and a chargeback of another renewal."""
    first = {"id": "AxajJf8vQDC_YzEk7QY-7g", "reference": "FUR250303-2389-33111B", "total": 48.95}
    again = side.charged("evt-again", "BxajJf8vQDC_YzEk7QY-8h")
    again["data"]["order"]["reference"] = "FUR250403-2389-33112B"
    return [
        side.purchase(),
        side.activated(),
        side.charged(),
        side.returned("evt-return-1", original=first),
        side.returned("evt-return-2", units=1, total=24.48),
        again,
        side.charged_back("evt-back", "BxajJf8vQDC_YzEk7QY-8h"),
    ]


IN_THE_END = {
    "units": 1,
    "codes": 1,
    "both renewals were taken back": True,
    "purchases": [side.REFERENCE, "FUR250303-2389-33111B", "FUR250403-2389-33112B"],
    "open": 0,
}


def outcome(events: list[dict[str, Any]]) -> dict[str, Any]:
    with transaction.atomic():
        for event in events:
            assert side.message(event)[0].post(Client()).status_code == 200
            fulfil_due_events()
        for _round in range(4):
            WebhookEvent.objects.filter(state="waiting").update(next_try_at=datetime(2020, 1, 1, tzinfo=UTC))
            fulfil_due_events()
        owned = Entitlement.objects.get()
        left = {
            "units": owned.units_left,
            "codes": owned.unlock_codes.filter(revoked_at=None).count(),
            "both renewals were taken back": owned.upgrades_until == owned.granted_until,
            "purchases": sorted(Purchase.objects.values_list("order_reference", flat=True)),
            "open": WebhookEvent.objects.filter(state__in=["received", "waiting", "failed"]).count(),
        }
        transaction.set_rollback(True)
    return left


@settings(max_examples=20, deadline=None, suppress_health_check=fuzz.NOT_THE_DATABASE)
@given(shuffled=st.permutations(history()), repeated=st.lists(st.sampled_from(history()), max_size=4))
def test_any_order_and_duplication_ends_the_same(fastspring, notebook, shuffled, repeated):
    notebook.upgrade_months = 12
    notebook.save()
    assert outcome([*shuffled, *repeated]) == IN_THE_END
