"""Stripe: checkout sessions, invoices, refunds and disputes become purchases, renewals and reversals."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from downloads.models import Entitlement, Product
from purchases.checks import partners_are_configured_well
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases.sides.stripe import SIDE
from tests.purchases.stripe_side import (
    BUYER,
    CHARGE,
    FEBRUARY,
    FIRST_INVOICE,
    INVOICE,
    JANUARY,
    MARCH,
    NEXT_PAYMENT,
    PAYMENT,
    SESSION,
    SUBSCRIPTION,
    charge,
    completed,
    dispute,
    event,
    invoice,
    invoice_payment,
    post,
    refund,
    subscribed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def stripe(settings) -> Iterator[dict[str, Any]]:
    with SIDE.opened(settings):
        yield settings.PARTNERS["stripe"]


@pytest.fixture
def stripe_told(client: Client) -> Callable[[dict[str, Any]], WebhookEvent]:
    """Post an event, work on what is due, and look at its row."""

    def tell(payload: dict[str, Any]) -> WebhookEvent:
        assert post(client, payload).status_code == 200
        fulfil_due_events()
        return WebhookEvent.objects.latest("pk")

    return tell


def units_left() -> list[int]:
    return [row.units_left for row in Entitlement.objects.order_by("pk")]


def test_a_paid_session_is_a_purchase(stripe_told, notebook):
    assert stripe_told(completed()).state == "fulfilled"
    bought = Purchase.objects.get()
    assert (bought.partner, bought.order_reference, bought.currency, bought.total) == ("stripe", SESSION, "EUR", Decimal("39.80"))
    assert (bought.email, bought.name, bought.company, bought.telephone) == (
        "Alice@example.com",
        "Alice Archer",
        "Archer & Daughters",
        "+35391555012",
    )
    assert (bought.address1, bought.city, bought.postal_code, bought.country) == ("12 Quay Street", "Galway", "H91 XR5A", "IE")
    assert list(bought.references.values_list("reference", flat=True)) == [PAYMENT]
    assert units_left() == [2]


def test_nothing_of_a_card_is_kept(stripe_told, notebook):
    stripe_told(completed())
    told = charge(
        source={"object": "card", "brand": "Visa", "last4": "4242", "exp_month": 8, "exp_year": 2030, "fingerprint": "Xt5EWLLDS7FJ"}
    )
    kept = str(stripe_told(told).payload)
    for secret in ("4242", "Xt5EWLLDS7FJ", "2030", "three_d_secure"):
        assert secret not in kept
    assert PAYMENT in kept


def test_an_unpaid_session_waits_for_its_payment(stripe_told, notebook):
    row = stripe_told(completed(payment_status="unpaid"))
    assert (row.state, Purchase.objects.count()) == ("ignored", 0)
    assert "not paid yet" in row.state_reason
    assert stripe_told(completed("async_payment_succeeded", FEBRUARY)).state == "fulfilled"
    assert units_left() == [2]


def test_both_notifications_of_one_session_are_one_order(stripe_told, notebook):
    stripe_told(completed())
    assert stripe_told(completed("async_payment_succeeded", FEBRUARY)).state == "ignored"
    assert units_left() == [2]


def test_a_session_that_sells_nothing_is_ignored(stripe_told, notebook):
    assert stripe_told(completed(mode="setup", payment_status="no_payment_required", metadata={})).state == "ignored"


def test_an_order_that_costs_nothing_is_granted(stripe_told, notebook):
    assert stripe_told(completed(payment_status="no_payment_required", amount_total=0, payment_intent=None)).state == "fulfilled"


@pytest.mark.parametrize("kind", ["checkout.session.async_payment_failed", "invoice.payment_failed"])
def test_what_was_not_paid_grants_nothing(stripe_told, notebook, kind):
    row = stripe_told(event(kind, completed()["data"]["object"]))
    assert (row.state, row.kind) == ("ignored", "payment_failed")


@pytest.mark.parametrize(
    ("currency", "amount", "total"),
    [("eur", 1990, "19.90"), ("jpy", 1990, "1990"), ("kwd", 5120, "5.12"), ("ugx", 500, "5"), ("xyz", 1, "0.01"), ("eur", 999_999_999_999, "9999999999.99")],
)  # fmt: skip
def test_amounts_are_in_minor_units(stripe_told, notebook, currency, amount, total):
    stripe_told(completed(currency=currency, amount_total=amount))
    assert (Purchase.objects.get().currency, Purchase.objects.get().total) == (currency.upper(), Decimal(total))


@pytest.mark.parametrize(
    ("metadata", "lines"),
    [
        ({"product_code": "NOTEBOOK"}, [(1, "NOTEBOOK", 1)]),
        ({"product_code": "NOTEBOOK", "quantity": "3", "campaign": "spring"}, [(1, "NOTEBOOK", 3)]),
        ({"line_1": "NOTEBOOK*2", "line_2": "MAILER"}, [(1, "NOTEBOOK", 2), (2, "MAILER", 1)]),
        ({"line_7": " MAILER * 10 ", "line_5": "NOTEBOOK*1", "product_code": "beside"}, [(5, "NOTEBOOK", 1), (7, "MAILER", 10)]),
    ],
)
def test_the_metadata_say_what_was_bought(stripe_told, notebook, mailer, metadata, lines):
    assert stripe_told(completed(metadata=metadata)).state == "fulfilled"
    assert list(Purchase.objects.get().items.values_list("line_number", "product_code", "quantity")) == lines


@pytest.mark.parametrize(
    "metadata",
    [{}, None, {"line_1": "NOTEBOOK*0"}, {"line_1": "NOTEBOOK*-1"}, {"line_1": "NOTEBOOK*1.5"}, {"line_1": "NOTEBOOK*99999"}, {"line_1": ""},
     {"line_1": "NOTEBOOK*2", "line_2": "MAILER*x"}, {"line_1": "NOTEBOOK", "line_01": "MAILER"}, {"line_0": "NOTEBOOK"}, {"line_1": 7},
     {"line_99999": "NOTEBOOK"}, {"line_1": "N" * 101}, {"product_code": "NOTEBOOK", "quantity": "many"}, {"product_code": ["NOTEBOOK"]},
     {"line_1": "NOTEBOOK*9000", "line_2": "MAILER*9000"}, {f"line_{number}": "NOTEBOOK" for number in range(1, 102)}],
    ids=str,
)  # fmt: skip
def test_metadata_that_do_not_say_it_are_for_staff_and_grant_no_part(stripe_told, notebook, mailer, metadata):
    row = stripe_told(completed(metadata=metadata))
    assert row.state == "failed"
    assert "STRIPE_API_KEY" in row.state_reason
    assert not Entitlement.objects.exists()


@pytest.mark.parametrize("email", [None, "", "nobody", ["a@example.com"], f"{'a' * 250}@example.com"])
def test_without_an_address_it_is_for_staff(stripe_told, notebook, email):
    row = stripe_told(completed(customer_details=BUYER | {"email": email}))
    assert (row.state, row.state_reason) == ("failed", "It does not say who bought.")


def test_long_contact_data_are_cut_to_what_we_hold(stripe_told, notebook):
    stripe_told(completed(customer_details=BUYER | {"name": "A" * 5000, "address": {"postal_code": "1" * 400}}))
    assert (len(Purchase.objects.get().name), Purchase.objects.get().postal_code) == (200, "1" * 30)


def test_a_trial_grants_nothing(stripe_told, notebook):
    row = stripe_told(completed() | {"livemode": False})
    assert (row.state, row.test_mode) == ("ignored", True)
    assert not Purchase.objects.exists()


def test_what_nobody_knows_is_kept_and_ignored(stripe_told):
    row = stripe_told(event("radar.early_fraud_warning.created", {"id": "issfr_1", "charge": CHARGE}))
    assert (row.state, row.state_reason) == ("ignored", "Nothing that we act upon.")


# Subscriptions and their payments


@pytest.fixture
def yearly(notebook: Product) -> Product:
    notebook.upgrade_months = 12
    notebook.save()
    return notebook


def test_a_further_period_is_a_renewal(stripe_told, yearly):
    stripe_told(subscribed())
    assert stripe_told(invoice()).state == "fulfilled"
    renewal = Purchase.objects.get(order_reference=INVOICE)
    assert (renewal.renews.order_reference, renewal.total) == (SESSION, Decimal("39.80"))
    owned = Entitlement.objects.get()
    assert owned.upgrades_until > owned.granted_until


def test_older_versions_write_the_subscription_elsewhere(stripe_told, yearly):
    stripe_told(subscribed())
    assert stripe_told(invoice(parent=None, subscription=SUBSCRIPTION)).state == "fulfilled"


@pytest.mark.parametrize("why", ["manual", "subscription_update", "subscription_threshold", None, ["x"]])
def test_other_invoices_are_ignored(stripe_told, yearly, why):
    stripe_told(subscribed())
    row = stripe_told(invoice(why))
    assert (row.state, Purchase.objects.count()) == ("ignored", 1)
    assert "Neither a checkout" in row.state_reason


@pytest.mark.parametrize("first", ["order", "payment", "refund"])
def test_the_payment_of_a_first_period_leads_to_its_session(stripe_told, yearly, an_hour_later, first):
    events = {"order": subscribed(), "payment": invoice_payment(), "refund": charge()}
    for name in sorted(events, key=lambda name: name != first):
        stripe_told(events[name])
    an_hour_later()
    assert units_left() == [0]
    assert not WebhookEvent.objects.exclude(state="fulfilled").exists()


def test_older_versions_name_the_payment_in_the_invoice(stripe_told, yearly):
    stripe_told(subscribed())
    stripe_told(invoice("subscription_create", JANUARY, payment_intent=PAYMENT, charge=CHARGE))
    stripe_told(charge())
    assert units_left() == [0]


@pytest.mark.parametrize("later", [False, True])
def test_a_refund_of_a_renewal_leaves_the_order(stripe_told, yearly, an_hour_later, later):
    events = [subscribed(), invoice(), invoice_payment(INVOICE, NEXT_PAYMENT), charge(payment_intent=NEXT_PAYMENT, id="ch_2")]
    for payload in reversed(events) if later else events:
        stripe_told(payload)
    for _hour in range(3):
        an_hour_later()
    owned = Entitlement.objects.get()
    assert (owned.units_left, owned.upgrades_until) == (2, owned.granted_until)
    assert not WebhookEvent.objects.exclude(state="fulfilled").exists()


# Refunds and disputes


def test_a_refund_may_come_before_its_order(stripe_told, notebook):
    assert stripe_told(charge()).state == "waiting"
    stripe_told(completed())
    assert units_left() == [0]


def test_a_part_is_for_staff_and_the_rest_takes_all(stripe_told, notebook):
    stripe_told(completed())
    part = stripe_told(charge(1000))
    assert (part.state, units_left()) == ("failed", [2])
    assert "staff decide" in part.state_reason
    assert stripe_told(charge(3980, MARCH)).state == "fulfilled"
    assert units_left() == [0]


def test_the_same_money_counts_once(stripe_told, notebook):
    stripe_told(completed())
    for kind in ("created", "updated"):
        row = stripe_told(refund(kind))
        assert (row.state, row.state_reason) == ("ignored", "charge.refunded tells of the same money, and counts.")
    stripe_told(charge())
    assert AuditEvent.objects.get(kind="purchase.refunded").detail["units"] == 2


def test_a_refund_that_did_not_arrive_gives_back(stripe_told, notebook):
    for payload in (completed(), charge(), refund("failed", MARCH)):
        stripe_told(payload)
    assert units_left() == [2]


def test_a_dispute_takes_once_and_gives_back_once(stripe_told, notebook):
    stripe_told(completed())
    stripe_told(dispute())
    assert units_left() == [0]
    assert stripe_told(dispute("funds_withdrawn")).state == "ignored"
    stripe_told(dispute("closed", "won", MARCH))
    assert units_left() == [2]
    assert stripe_told(dispute("funds_reinstated", "won", MARCH)).state == "ignored"
    assert units_left() == [2]


def test_a_lost_dispute_stays_taken(stripe_told, notebook):
    for payload in (completed(), dispute()):
        stripe_told(payload)
    assert stripe_told(dispute("closed", "lost", MARCH)).state == "ignored"
    assert units_left() == [0]


def test_an_inquiry_takes_nothing_until_the_money_goes(stripe_told, notebook):
    stripe_told(completed())
    row = stripe_told(dispute("created", "warning_needs_response"))
    assert (row.state, units_left()) == ("ignored", [2])
    stripe_told(dispute("funds_withdrawn", "needs_response", MARCH))
    assert units_left() == [0]


def test_a_dispute_of_a_part_is_for_staff(stripe_told, notebook):
    stripe_told(completed())
    assert stripe_told(dispute(amount=100)).state == "failed"
    assert units_left() == [2]


def test_another_currency_is_for_staff(stripe_told, notebook):
    stripe_told(completed())
    assert stripe_told(dispute(currency="usd")).state == "failed"


# Bad input


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (completed() | {"id": None}, "id"),
        (completed() | {"id": "e" * 201}, "id"),
        (completed() | {"id": "evt 1"}, "id"),
        (completed() | {"type": ""}, "type"),
        (completed() | {"type": {"a": 1}}, "type"),
        (completed() | {"created": "now"}, "created"),
        (completed() | {"created": 10**9 - 10**9}, "created"),
        (completed() | {"created": 5 * 10**9}, "created"),
        (completed() | {"created": True}, "created"),
        (completed() | {"livemode": "yes"}, "livemode"),
        (completed() | {"data": []}, "data"),
        (completed() | {"data": {"object": "x"}}, "object"),
        (completed(id=""), "id"),
        (completed(id="c" * 71), "id"),
        (completed(payment_status=None), "payment_status"),
        (completed(currency="Euro"), "currency"),
        (completed(currency=None), "currency"),
        (completed(amount_total=-1), "amount_total"),
        (completed(amount_total=10**12), "amount_total"),
        (completed(amount_total=10**400), "amount_total"),
        (completed(amount_total=19.9), "amount_total"),
        (completed(metadata=["NOTEBOOK"]), "metadata"),
        (completed(customer_details="Alice"), "customer_details"),
        (completed(payment_intent=7), "payment_intent"),
        (charge(refunded=None), "refunded"),
        (dispute(currency="12"), "currency"),
        (invoice(parent="x"), "parent"),
        (invoice(id=None), "id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_by_the_fields_name(client, caplog, payload, field):
    answer = post(client, payload)
    assert (answer.status_code, answer.content) == (400, b"")
    assert f": {field} " in caplog.text
    assert not WebhookEvent.objects.exists()


def test_ids_of_many_digits_still_join(stripe_told, notebook):
    """Some ids pass the check of a card number: each becomes a word, and it is the same word wherever it stands."""
    stripe_told(completed(id="cs_4111111111111111", payment_intent="pi_4242424242424242"))
    stripe_told(charge(payment_intent="pi_4242424242424242"))
    assert units_left() == [0]
    assert "4242424242424242" not in str(list(WebhookEvent.objects.values_list("payload", flat=True)))


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ({"secrets": ["whsec_x"]}, "STRIPE_SECRETS: secret number 1"),
        ({"secrets": ["plain text, long enough"]}, "STRIPE_SECRETS: secret number 1"),
        ({"api_key": "pk_live_1"}, "STRIPE_API_KEY"),
    ],
)
def test_the_operator_hears_what_is_wrong(stripe, client, configured, said):
    assert partners_are_configured_well(None) == []
    stripe |= configured
    (message,) = partners_are_configured_well(None)
    assert said in message.msg
    assert post(client, completed()).status_code == 404


def test_codes_of_stripes_own_can_be_mapped(stripe_told, notebook):
    row = stripe_told(completed(metadata={"product_code": "price_1"}))
    assert (row.state, row.unknown_code) == ("waiting", "price_1")
    ProductCode.objects.create(partner="stripe", code="price_1", product=notebook)
    WebhookEvent.objects.replay()
    fulfil_due_events()
    assert units_left() == [1]


def test_the_invoice_of_a_single_order_leads_to_it(stripe_told, notebook):
    stripe_told(completed(invoice=FIRST_INVOICE))
    stripe_told(charge(payment_intent=None, invoice=FIRST_INVOICE))
    assert units_left() == [0]
