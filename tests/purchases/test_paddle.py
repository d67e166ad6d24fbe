"""Paddle: transactions, subscriptions and adjustments become purchases, renewals and reversals."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from downloads.models import Entitlement, Product
from purchases.checks import partners_are_configured_well
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases.paddle_side import (
    DECEMBER,
    JANUARY,
    LINES,
    MARCH,
    RENEWAL,
    SANDBOX_SECRET,
    SECRET,
    SUBSCRIPTION,
    TRANSACTION,
    adjustment,
    completed,
    customer,
    event,
    item,
    post,
    renewed,
)
from tests.purchases.sides.paddle import SIDE

pytestmark = pytest.mark.django_db
TWO_LINES = [item(), item(1, "MAILER", 1, "500")]
OTHER = {"totals": {"total": "100"}, "type": "partial"}


@pytest.fixture(autouse=True)
def paddle(settings) -> Iterator[dict[str, Any]]:
    with SIDE.opened(settings):
        yield settings.PARTNERS["paddle"]


@pytest.fixture
def paddle_told(client: Client) -> Callable[[dict[str, Any]], WebhookEvent]:
    """Post an event, work on what is due, and look at its row."""

    def tell(payload: dict[str, Any]) -> WebhookEvent:
        assert post(client, payload).status_code == 200
        fulfil_due_events()
        return WebhookEvent.objects.latest("pk")

    return tell


@pytest.fixture
def known(paddle_told) -> None:
    """Paddle has told who the customer is."""
    paddle_told(customer())


@pytest.fixture
def yearly(notebook: Product) -> Product:
    notebook.upgrade_months = 12
    notebook.save()
    return notebook


def units_left() -> list[int]:
    return [row.units_left for row in Entitlement.objects.order_by("pk")]


def partly(*items: dict[str, str]) -> dict[str, Any]:
    """An adjustment of items alone, and not of the whole."""
    return {"type": "partial", "items": list(items), "totals": {"total": "100"}}


def test_a_completed_transaction_is_a_purchase(paddle_told, known, notebook, mailer):
    assert paddle_told(completed(line_items=TWO_LINES)).state == "fulfilled"
    bought = Purchase.objects.get()
    assert (bought.partner, bought.order_reference, bought.currency, bought.total) == ("paddle", TRANSACTION, "EUR", Decimal("39.80"))
    assert bought.purchased_at == datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    assert list(bought.items.values_list("line_number", "product_code", "quantity", "unit_price", "reference")) == [
        (1, "NOTEBOOK", 2, Decimal("19.90"), LINES[0]),
        (2, "MAILER", 1, Decimal("5.00"), LINES[1]),
    ]
    assert sorted(bought.references.filter(role="order").values_list("reference", flat=True)) == [SUBSCRIPTION]


def test_nothing_of_a_card_is_kept(paddle_told, known, notebook):
    kept = str(paddle_told(completed()).payload)
    assert "3184" not in kept
    assert "2030" not in kept


@pytest.mark.parametrize(("currency", "total"), [("EUR", "39.80"), ("JPY", "3980"), ("KRW", "3980"), ("USD", "39.80"), ("XYZ", "39.80")])
def test_amounts_are_in_minor_units(paddle_told, known, notebook, currency, total):
    paddle_told(completed(currency_code=currency))
    assert Purchase.objects.get().total == Decimal(total)


def test_the_sandbox_and_the_simulator_grant_nothing(client, known, notebook):
    for payload, secret in ((completed(), SANDBOX_SECRET), (completed(id="txn_2") | {"notification_id": "ntfsimevt_01hv"}, SECRET)):
        assert post(client, payload, secret).status_code == 200
        fulfil_due_events()
        row = WebhookEvent.objects.latest("pk")
        assert (row.state, row.test_mode) == ("ignored", True)
    assert not Purchase.objects.exists()


def test_nobody_makes_a_sale_of_a_trial_by_saying_so(client, known, notebook):
    post(client, completed() | {"signed_in_sandbox": False}, SANDBOX_SECRET)
    fulfil_due_events()
    assert not Purchase.objects.exists()


@pytest.mark.parametrize("origin", ["subscription_update", "subscription_payment_method_change"])
def test_what_sells_nothing_says_so_to_staff(paddle_told, known, notebook, origin):
    row = paddle_told(completed(origin=origin))
    assert (row.state, row.kind) == ("ignored", "subscription_changed")
    assert row.state_reason


def test_a_single_charge_to_a_subscription_is_an_order_of_its_own(paddle_told, known, yearly):
    paddle_told(completed())
    paddle_told(completed(id="txn_2", origin="subscription_charge", line_items=[item(quantity=1)]))
    assert units_left() == [2, 1]
    assert paddle_told(renewed()).state == "fulfilled"
    assert Purchase.objects.get(order_reference=RENEWAL).renews.order_reference == TRANSACTION


@pytest.mark.parametrize("kind", ["transaction.created", "transaction.paid", "price.updated", "payout.paid"])
def test_what_nobody_needs_is_kept_and_ignored(paddle_told, kind):
    row = paddle_told(event(kind, {"id": "x"}))
    assert (row.state, row.state_reason) == ("ignored", "Nothing that we act upon.")


@pytest.mark.parametrize("kind", ["transaction.payment_failed", "subscription.past_due", "subscription.canceled", "subscription.updated"])
def test_of_a_subscription_only_its_payments_count(paddle_told, kind):
    row = paddle_told(event(kind, {"id": SUBSCRIPTION}))
    assert row.state == "ignored"
    assert row.state_reason != "Nothing that we act upon."


# Renewals


def test_a_further_period_is_a_renewal(paddle_told, known, yearly):
    paddle_told(completed())
    assert paddle_told(renewed()).state == "fulfilled"
    owned = Entitlement.objects.get()
    assert owned.upgrades_until > owned.granted_until


def test_a_subscription_that_is_told_later_joins_its_renewals(paddle_told, known, yearly):
    paddle_told(completed(subscription_id=None))
    assert paddle_told(renewed()).state == "waiting"
    paddle_told(event("subscription.created", {"id": SUBSCRIPTION, "transaction_id": TRANSACTION}))
    assert Purchase.objects.count() == 2


def test_a_subscription_without_an_order_is_ignored(paddle_told):
    assert paddle_told(event("subscription.created", {"id": SUBSCRIPTION, "transaction_id": None})).state == "ignored"


def test_a_refund_of_a_renewal_leaves_the_order(paddle_told, known, yearly):
    for payload in (completed(), renewed(), adjustment(transaction_id=RENEWAL, occurred_at=DECEMBER)):
        paddle_told(payload)
    owned = Entitlement.objects.get()
    assert (owned.units_left, owned.upgrades_until) == (2, owned.granted_until)


# Adjustments


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, [0, 0]),
        (partly({"item_id": LINES[1], "type": "full"}), [2, 0]),
        (partly({"item_id": LINES[0], "type": "full"}, {"item_id": LINES[1], "type": "full"}), [0, 0]),
        (partly({"item_id": LINES[0], "type": "partial"}) | {"totals": {"total": "3980"}}, [0, 0]),
    ],
    ids=["all", "a line", "each line", "the whole price"],
)
def test_whole_lines_are_taken_back(paddle_told, known, notebook, mailer, changes, left):
    paddle_told(completed(line_items=TWO_LINES))
    assert paddle_told(adjustment(**changes)).state == "fulfilled"
    assert units_left() == left


@pytest.mark.parametrize(
    "changes",
    [
        partly({"item_id": LINES[0], "type": "partial"}),
        partly({"item_id": LINES[0], "type": "full"}, {"item_id": LINES[1], "type": "partial"}),
        partly({"item_id": LINES[0], "type": "proration"}),
        partly({"item_id": "txnitm_unknown", "type": "full"}),
        partly(),
    ],
    ids=["part", "line and part", "proration", "unknown line", "nothing"],
)
def test_of_a_part_staff_decide(paddle_told, known, notebook, mailer, changes):
    paddle_told(completed(line_items=TWO_LINES))
    assert paddle_told(adjustment(**changes)).state == "failed"
    assert units_left() == [2, 1]


@pytest.mark.parametrize("status", ["pending_approval", "rejected", "reversed", None, 7])
def test_only_what_is_approved_counts(paddle_told, known, notebook, status):
    paddle_told(completed())
    row = paddle_told(adjustment(status=status))
    assert (row.state, units_left()) == ("ignored", [2])
    assert "approved" in row.state_reason
    assert paddle_told(adjustment(kind="updated", occurred_at=MARCH)).state == "fulfilled"
    assert units_left() == [0]


@pytest.mark.parametrize(
    "changes", [{"action": "credit"}, {"action": None}, partly({"item_id": LINES[0], "type": "tax"})], ids=["credit", "none", "tax"]
)
def test_what_takes_no_goods_back_is_ignored(paddle_told, known, notebook, changes):
    paddle_told(completed())
    assert paddle_told(adjustment(**changes)).state == "ignored"
    assert units_left() == [2]


def test_the_same_adjustment_counts_once(paddle_told, known, notebook):
    paddle_told(completed())
    paddle_told(adjustment())
    assert paddle_told(adjustment(kind="updated")).state == "ignored"
    assert units_left() == [0]


@pytest.mark.parametrize("action", ["chargeback", "chargeback_warning"])
def test_a_chargeback_and_its_reversal(paddle_told, known, notebook, action):
    paddle_told(completed())
    paddle_told(adjustment(action))
    assert units_left() == [0]
    paddle_told(adjustment(f"{action}_reverse", occurred_at=MARCH))
    assert units_left() == [2]


def test_an_adjustment_may_come_before_its_order(paddle_told, known, notebook):
    assert paddle_told(adjustment(**partly({"item_id": LINES[0], "type": "full"}))).state == "waiting"
    paddle_told(completed())
    assert units_left() == [0]


# Bad input


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (completed() | {"event_id": ""}, "event_id"),
        (completed() | {"event_type": None}, "event_type"),
        (completed() | {"occurred_at": None}, "occurred_at"),
        (completed() | {"occurred_at": "yesterday"}, "occurred_at"),
        (completed() | {"occurred_at": "2026-01-02T03:04:05"}, "occurred_at"),
        (completed() | {"occurred_at": "2226-01-02T03:04:05Z"}, "occurred_at"),
        (completed() | {"occurred_at": 1767323045}, "occurred_at"),
        (completed() | {"notification_id": 7}, "notification_id"),
        (completed() | {"data": "x"}, "data"),
        (completed(id=None), "id"),
        (completed(currency_code="Euro"), "currency_code"),
        (completed(billed_at="0001-01-01T00:00:00+14:00"), "billed_at"),
        (completed(details={"totals": {"grand_total": "-1"}}), "grand_total"),
        (completed(details={"totals": {"grand_total": "1e3"}}), "grand_total"),
        (completed(details={"totals": {"grand_total": 19.9}}), "grand_total"),
        (completed(details=[]), "details"),
        (completed(line_items=[item(quantity=0)]), "quantity"),
        (completed(line_items=[item(quantity=-1)]), "quantity"),
        (completed(line_items=[item(quantity=10_001)]), "quantity"),
        (completed(line_items=[item(quantity=1.5)]), "quantity"),
        (completed(line_items=[item(quantity=True)]), "quantity"),
        (completed(line_items=[item(price="")]), "price_id"),
        (completed(line_items=[item()] * 101), "line_items"),
        (completed(line_items=["x"]), "line_items"),
        (completed(customer_id={"id": 1}), "customer_id"),
        (renewed(subscription_id=None), "subscription_id"),
        (adjustment(transaction_id=None), "transaction_id"),
        (adjustment(items={"a": 1}), "items"),
        (customer(id=None), "id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_by_the_fields_name(client, caplog, payload, field):
    answer = post(client, payload)
    assert (answer.status_code, answer.content) == (400, b"")
    assert f": {field} " in caplog.text
    assert not WebhookEvent.objects.exists()


def test_an_order_of_too_many_units_is_refused(client):
    assert post(client, completed(line_items=[item(quantity=6000)] * 2)).status_code == 400


def test_an_order_without_lines_is_for_staff(paddle_told, known):
    row = paddle_told(completed(line_items=[]))
    assert (row.state, row.state_reason) == ("failed", "It does not say what was bought.")


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ({"secrets": ["short"]}, "PADDLE_SECRETS: secret number 1"),
        ({"sandbox_secrets": ["short"]}, "PADDLE_SANDBOX_SECRETS: secret number 1"),
        ({"sandbox_secrets": [SECRET]}, "one or the other"),
    ],
)
def test_the_operator_hears_what_is_wrong(paddle, client, configured, said):
    assert partners_are_configured_well(None) == []
    paddle |= configured
    (message,) = partners_are_configured_well(None)
    assert said in message.msg
    assert post(client, completed()).status_code == 404


def test_when_it_was_billed_is_when_it_was_bought(paddle_told, known, notebook):
    paddle_told(completed(MARCH, billed_at=None))
    paddle_told(completed(MARCH, id="txn_2", billed_at=JANUARY))
    assert [bought.purchased_at.month for bought in Purchase.objects.order_by("pk")] == [3, 1]
