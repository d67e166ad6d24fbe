"""Whatever order the notifications of one order come in, and however often each comes: the end is the same."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downloads.models import Entitlement
from purchases.models import Purchase, WebhookEvent
from purchases.partners import own_format
from purchases.partners.base import Notification
from purchases.partners.registry import PARTNERS
from purchases.reception import accept
from purchases.tasks import fulfil_due_events
from tests.purchases.partner_side import line, purchase, reversal

pytestmark = pytest.mark.django_db
QUANTITY = 3


def renewal(order: str, units: int | None, month: int) -> dict[str, Any]:
    data: dict[str, Any] = {"order_reference": order, "renews": "A-1", "purchased_at": f"2031-{month:02}-02T03:04:05Z"}
    return {"type": "purchase.renewed", "data": data | ({"lines": [{"line_number": 1, "quantity": units}]} if units else {})}


def reversals(kind: str, order: str) -> st.SearchStrategy[dict[str, Any]]:
    lines = st.none() | st.integers(1, QUANTITY).map(lambda units: [{"line_number": 1, "quantity": units}])
    return lines.map(lambda chosen: reversal(kind, order, chosen))


PAIRS = (("refunded", "refund_reversed"), ("charged_back", "chargeback_reversed"))
OF_ONE_PAIR = st.sampled_from(PAIRS).flatmap(
    lambda pair: st.lists(st.sampled_from(pair).flatmap(lambda kind: reversals(kind, "A-1")), min_size=2, max_size=5)
)
OF_ANY = st.lists(st.sampled_from([(kind, order) for pair in PAIRS for kind in pair for order in ("A-1", "R-1")]), max_size=6).flatmap(
    lambda chosen: st.tuples(*[reversals(*pair) for pair in chosen]).map(list)
)
HISTORIES = (OF_ONE_PAIR | OF_ANY).map(
    lambda later: [purchase("A-1", [line(quantity=QUANTITY)]), renewal("R-1", None, 1), renewal("R-2", 2, 2), *later]
)


def outcome(history: Sequence[dict[str, Any]], arrival: Sequence[int]) -> dict[str, Any]:
    """What is left of the order when its notifications (each at the moment of its place in the history) arrive in this order."""
    with transaction.atomic():
        for place in arrival:
            payload = history[place] | {"timestamp": f"2030-01-{place + 1:02}T00:00:00Z"}
            accept(PARTNERS["standard-webhooks"], Notification(own_format.read(payload, f"msg_{place}"), payload))
            fulfil_due_events()
        for _round in range(4):
            WebhookEvent.objects.filter(state="waiting").update(next_try_at=datetime(2020, 1, 1, tzinfo=UTC))
            fulfil_due_events()
        left = what_is_left()
        transaction.set_rollback(True)
    return left


def what_is_left() -> dict[str, Any]:
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()
    assert not Entitlement.objects.not_summing()
    owned = Entitlement.objects.get()
    return {
        "units": owned.units_left,
        "codes": sorted(owned.unlock_codes.valid().values_list("unit", flat=True)),
        "downloads": owned.downloads_allowed,
        "upgrades": owned.upgrades_until if owned.upgrades_until != owned.granted_until else "as granted",
        "purchases": sorted(Purchase.objects.values_list("order_reference", flat=True)),
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_order_and_duplication_ends_the_same(notebook, data):
    notebook.upgrade_months = 12
    notebook.save()
    history = data.draw(HISTORIES)
    straight = list(range(len(history)))
    shuffled = data.draw(st.permutations(straight))
    repeated = data.draw(st.lists(st.sampled_from(straight), max_size=4))
    assert outcome(history, straight) == outcome(history, [*shuffled, *repeated])
