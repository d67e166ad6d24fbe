"""Bodies that no partner sends: a real one with a few of its values changed, taken away, or made absurd."""

import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from downloads.models import Entitlement
from purchases.models import Purchase, WebhookEvent
from purchases.partners.base import MOST_UNITS, Event, Refused

BODIES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
NOT_THE_DATABASE = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)
reading = settings(max_examples=BODIES, deadline=None, suppress_health_check=NOT_THE_DATABASE)
whole_way = settings(max_examples=max(BODIES // 20, 50), deadline=None, suppress_health_check=NOT_THE_DATABASE)

ABSURD = [
    "",
    " ",
    "\x00",
    "é" * 100,
    "ÿþ",
    "x" * 5000,
    "-1",
    "0",
    "1.5",
    "1e999",
    "NaN",
    "9" * 40,
    "4111 1111 1111 1111",
    "DE89370400440532013000",
    "2099-01-01T00:00:00Z",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59-23:59",
    "2025-02-30",
    "XXX",
    "Euro",
    "nobody",
    "a@b",
    "a@b.example\r\nBcc: c@d.example",
    "=1+1",
    "<script>",
    "true",
    "refunded",
    "paid",
    "renewal",
    "sale",
    "refund",
    "dispute",
    -1,
    0,
    10**10,
    10**30,
    4111111111111111,
    1735880000123,
    1e300,
    0.001,
    True,
    False,
    None,
    [],
    {},
    [[]],
    [{}],
    {"id": None},
]
VALUES = (
    st.sampled_from(ABSURD)
    | st.text(max_size=30)
    | st.integers()
    | st.floats()
    | st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=4)
    | st.dictionaries(st.sampled_from(["id", "product", "email", "total", "x"]), st.sampled_from(ABSURD), max_size=3)
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands within."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*path, name)
        yield from places(one, (*path, name))


@st.composite
def changed(draw: Callable[[Any], Any], payloads: list[Any], values: st.SearchStrategy[Any] = VALUES) -> Any:
    payload = deepcopy(draw(st.sampled_from(payloads)))
    for _time in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(payload)) or [()]))
        if not path:
            return deepcopy(draw(values))
        parent = payload
        for name in path[:-1]:
            parent = parent[name]
        if draw(st.booleans()):
            parent[path[-1]] = deepcopy(draw(values))
        else:
            del parent[path[-1]]
    return payload


def taken(receive: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    """What is taken of it; nothing if it is refused. Whatever else is raised is a defect."""
    try:
        return receive()
    except Refused:
        return ()


def check_fits(event: Event) -> None:
    """The database can hold all that the event says, and it grants nothing absurd."""
    WebhookEvent(
        partner="any",
        event_key=event.event_key,
        raw_type=event.raw_type,
        kind=event.kind,
        order_reference=event.order_reference,
        parent_order_reference=event.parent_order_reference,
        payload_sha256="0",
    ).clean_fields(exclude=["payload"])
    assert all(0 < len(reference) <= 100 for reference in event.join_references)
    assert sum(line.quantity for line in event.lines) <= MOST_UNITS
    for line in event.lines:
        assert line.quantity > 0
        assert 0 < len(line.product_code) <= 100
        assert len(line.product_name) <= 200
    if event.buyer:
        more = {"email": event.buyer.email, "ip": event.ip, "currency": event.currency, "total": event.total}
        purchase = Purchase(partner="any", order_reference=event.order_reference, purchased_at=event.purchased_at, **more)
        purchase.fill_in(event.buyer)
        purchase.clean_fields(exclude=["user"])


def check_nothing_by_halves() -> None:
    """Every order has its lines and its units, or nothing at all; nothing broke in a way that nobody foresaw."""
    for purchase in Purchase.objects.prefetch_related("items__entitlement"):
        assert purchase.items.count() >= 1
        assert all(item.entitlement_id for item in purchase.items.all())
    assert not Entitlement.objects.filter(purchase_items=None).exists()
    broken = WebhookEvent.objects.filter(failures__gt=0, state_reason__startswith="It broke")
    assert list(broken.values_list("state_reason", "payload")) == []
