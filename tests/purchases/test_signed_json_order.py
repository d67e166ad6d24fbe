"""Whatever order the notifications of one order come in, and however often: the end is the same, with Stripe and with Paddle."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downloads.models import Entitlement
from purchases.models import Purchase, PurchaseReference, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases import paddle_side, stripe_side
from tests.purchases.sides.paddle import SIDE as PADDLE
from tests.purchases.sides.stripe import SIDE as STRIPE

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
NEXT = {"payment_intent": stripe_side.NEXT_PAYMENT}
RENEWED, LATER = 1925089445, 1927767845  # in 2031, when what a renewal adds hangs on its own date alone
RENEWED_AT, LATER_AT = "2031-01-02T03:04:05Z", "2031-02-02T03:04:05Z"

STRIPES = [
    stripe_side.subscribed(),
    stripe_side.invoice_payment(),
    stripe_side.invoice(created=RENEWED),
    stripe_side.invoice_payment(stripe_side.INVOICE, stripe_side.NEXT_PAYMENT),
]
STRIPES_LATER = [
    stripe_side.subscribed() | {"id": "evt_again"},
    stripe_side.charge(),
    stripe_side.charge(1000),
    stripe_side.charge(3980, LATER, id="ch_2", **NEXT),
    stripe_side.refund("created"),
    stripe_side.refund("failed", LATER),
    stripe_side.dispute(),
    stripe_side.dispute("funds_withdrawn", created=stripe_side.FEBRUARY + 1),
    stripe_side.dispute("closed", "won", stripe_side.MARCH),
    stripe_side.dispute("funds_reinstated", "won", stripe_side.MARCH + 1),
    stripe_side.dispute("closed", "lost", stripe_side.MARCH),
]
PADDLES = [
    paddle_side.completed(subscription_id=None),
    paddle_side.event("subscription.created", {"id": paddle_side.SUBSCRIPTION, "transaction_id": paddle_side.TRANSACTION}),
    paddle_side.customer(),
    paddle_side.renewed(billed_at=RENEWED_AT),
]
PADDLES_LATER = [
    paddle_side.address(),
    paddle_side.address("updated", paddle_side.JANUARY),
    paddle_side.business(),
    paddle_side.adjustment(),
    paddle_side.adjustment(kind="updated"),
    paddle_side.adjustment(id="adj_line", type="partial"),
    paddle_side.adjustment(id="adj_pending", status="pending_approval"),
    paddle_side.adjustment(id="adj_renewal", transaction_id=paddle_side.RENEWAL, occurred_at=LATER_AT),
    paddle_side.adjustment("chargeback"),
    paddle_side.adjustment("chargeback_reverse", occurred_at=paddle_side.MARCH),
]
HISTORIES = {"stripe": (stripe_side.post, STRIPES, STRIPES_LATER), "paddle": (paddle_side.post, PADDLES, PADDLES_LATER)}


@pytest.fixture(autouse=True)
def open_for_both(settings, notebook):
    notebook.upgrade_months = 12
    notebook.save()
    with STRIPE.opened(settings), PADDLE.opened(settings):
        yield


def outcome(slug: str, arrival: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is left when the notifications arrive like this; afterwards it is as if nothing had come."""
    with transaction.atomic():
        for payload in arrival:
            assert HISTORIES[slug][0](Client(), payload).status_code == 200
            fulfil_due_events()
        for _round in range(5):
            WebhookEvent.objects.filter(state="waiting").update(next_try_at=datetime(2020, 1, 1, tzinfo=UTC))
            fulfil_due_events()
        left = what_is_left()
        transaction.set_rollback(True)
    return left


def what_is_left() -> dict[str, Any]:
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()
    owned = Entitlement.objects.get()
    return {
        "units": owned.units_left,
        "codes": owned.unlock_codes.valid().count(),
        "downloads": owned.downloads_allowed,
        "upgrades": owned.upgrades_until if owned.upgrades_until != owned.granted_until else "as granted",
        "purchases": sorted((bought.order_reference, bought.total) for bought in Purchase.objects.all()),
        "buyer": Purchase.objects.get(renews=None).contact_parts | owned.user.contact_parts,
        "references": sorted(PurchaseReference.objects.values_list("purchase__order_reference", "reference", "role")),
    }


@pytest.mark.parametrize("slug", HISTORIES)
@settings(max_examples=max(EXAMPLES // 200, 10), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_order_and_duplication_ends_the_same(slug, data):
    _post, begun, later = HISTORIES[slug]
    history = [*begun, *data.draw(st.lists(st.sampled_from(later), unique_by=lambda payload: str(payload), max_size=6))]
    shuffled = data.draw(st.permutations(history))
    repeated = data.draw(st.lists(st.sampled_from(history), max_size=4))
    assert outcome(slug, history) == outcome(slug, [*shuffled, *repeated])
