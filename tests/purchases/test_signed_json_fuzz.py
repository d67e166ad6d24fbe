"""Whatever Stripe or Paddle sign, it is read or refused, never an accident, and never half of an order.

FUZZ_EXAMPLES says how many bodies each of them is tried with: 2,000 unless set, 100,000 at night.
"""

import copy
import json
import os
import time
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purchases.models import Purchase, PurchaseReference, WebhookEvent
from purchases.partners.base import MOST_LINES, MOST_UNITS, Event, Notice, Refused
from purchases.partners.registry import PARTNERS
from purchases.partners.signed_header import signature
from purchases.reception import MOST_BYTES
from purchases.tasks import fulfil_due_events
from tests.purchases import paddle_side, stripe_side
from tests.purchases.sides.paddle import SIDE as PADDLE
from tests.purchases.sides.stripe import SIDE as STRIPE

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
quickly = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
to_the_end = settings(max_examples=max(EXAMPLES // 20, 50), deadline=None, suppress_health_check=list(HealthCheck))

SENT: dict[str, list[dict[str, Any]]] = {
    "stripe": [
        stripe_side.completed(metadata={"line_1": "NOTEBOOK*2", "line_2": "NOTEBOOK"}),
        stripe_side.completed("async_payment_succeeded", metadata={"product_code": "NOTEBOOK", "quantity": "2"}),
        stripe_side.invoice(payment_intent="pi_2", charge="ch_2", subscription="sub_2"),
        stripe_side.invoice("subscription_create", payment_intent="pi_1"),
        stripe_side.invoice_payment(),
        stripe_side.charge(),
        stripe_side.refund("failed"),
        stripe_side.dispute(),
        stripe_side.dispute("closed", "won"),
    ],
    "paddle": [
        paddle_side.completed(line_items=[paddle_side.item(), paddle_side.item(1)]),
        paddle_side.renewed(),
        paddle_side.customer(),
        paddle_side.address(),
        paddle_side.business(),
        paddle_side.adjustment(),
        paddle_side.adjustment("chargeback_reverse", type="partial"),
        paddle_side.event("subscription.created", {"id": "sub_1", "transaction_id": paddle_side.TRANSACTION}),
    ],
}
SIGNED = {"stripe": stripe_side.signed, "paddle": paddle_side.signed}
URLS = {"stripe": stripe_side.URL, "paddle": paddle_side.URL}

odd = st.sampled_from(
    [None, True, 0, -1, 1, 10**9, 10**18, 10**400, 1.5, -0.0, 1e308, "", " ", "0", "-1", "9" * 40, "4111111111111111", 4111111111111111, "\x00",
     "\ud800", "é" * 300, "x" * 70_000, "XXX", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "NOTEBOOK*2", "a@b", "Ünï@exämple.com", [], {}, [[]],
     {"id": "x"}, "full", "unpaid", "won", "subscription_cycle", "subscription_recurring", "approved", "charge.refunded", "transaction.completed"]
)  # fmt: skip
values = odd | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in the value, but for its root."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, part in inner for found in ((*way, name), *places(part, (*way, name)))]


@st.composite
def changed(draw: st.DrawFn, slug: str) -> dict[str, Any]:
    """One of the notifications, with something else in up to three places, or nothing there."""
    payload = copy.deepcopy(draw(st.sampled_from(SENT[slug])))
    for _time in range(draw(st.integers(1, 3))):
        *way, name = draw(st.sampled_from(places(payload)))
        inner: Any = payload
        for step in way:
            inner = inner[step]
        if draw(st.integers(0, 4)):
            inner[name] = copy.deepcopy(draw(values))
        elif isinstance(inner, dict):
            del inner[name]
    return payload


@pytest.fixture(autouse=True)
def open_for_both(settings):
    with STRIPE.opened(settings), PADDLE.opened(settings):
        yield


def taken(slug: str, body: bytes) -> Event | None:
    """The event of a signed body; None if it was refused, with a reason that is a plain sentence."""
    try:
        (notification,) = PARTNERS[slug].receive(Notice(body, signed_bytes(slug, body), "127.0.0.1")).notifications
    except Refused as refused:
        return check_refusal(refused)
    again = PARTNERS[slug].event_of(json.loads(json.dumps(notification.payload)), notification.event.event_key)
    assert again == notification.event, "a replay reads the same"
    return notification.event


def check_refusal(refused: Refused) -> None:
    assert refused.status in (400, 401)
    assert len(refused.reason) < 200


def signed_bytes(slug: str, body: bytes) -> dict[str, str]:
    """The SDKs sign text alone, and some of these bodies are none: signed as our own verifier reads it."""
    now = int(time.time())
    if slug == "stripe":
        return {"Stripe-Signature": f"t={now},v1={signature(stripe_side.SECRET, f'{now}.'.encode() + body)}"}
    return {"Paddle-Signature": f"ts={now};h1={paddle_side.signature(body, timestamp=now)}"}


def check_that_it_fits(event: Event) -> None:
    """Whatever is read can be kept: nothing is longer or larger than its column."""
    limits = {
        name: WebhookEvent._meta.get_field(name).max_length
        for name in ("event_key", "raw_type", "order_reference", "parent_order_reference")
    }
    assert all(len(getattr(event, name)) <= limit for name, limit in limits.items())
    longest = PurchaseReference._meta.get_field("reference").max_length
    assert all(0 < len(reference) <= longest for reference in (*event.join_references, *event.buyer_references))
    assert event.total is None or 0 <= event.total < 10**10
    assert event.currency == "" or (len(event.currency) == 3 and event.currency.isupper())
    assert len(event.lines) <= MOST_LINES
    assert sum(line.quantity or 0 for line in event.lines) <= MOST_UNITS
    assert all(line.quantity is None or line.quantity > 0 for line in event.lines)


@pytest.mark.parametrize("slug", SENT)
@quickly
@given(data=st.data())
def test_any_change_is_read_or_refused(db, slug, data):
    event = taken(slug, json.dumps(data.draw(changed(slug))).encode())
    if event:
        check_that_it_fits(event)


@pytest.mark.parametrize("slug", SENT)
@settings(quickly, max_examples=max(EXAMPLES // 4, 50))
@given(body=st.binary(max_size=300) | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused(db, slug, body):
    assert taken(slug, body) is None


@pytest.mark.parametrize("slug", SENT)
@settings(quickly, max_examples=max(EXAMPLES // 4, 50))
@given(header=st.text(max_size=80) | st.from_regex(r"(t|ts|v1|h1)=[^=]{0,20}([,;](t|ts|v1|h1)=[^=]{0,20}){0,4}", fullmatch=True))
def test_any_header_is_refused(db, slug, header):
    (name,) = SIGNED[slug](b"{}")
    with pytest.raises(Refused):
        PARTNERS[slug].receive(Notice(b"{}", {name: header}, None))


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SENT)
@to_the_end
@given(data=st.data())
def test_any_change_is_answered_and_worked_on(db, notebook, slug, data):
    body = json.dumps(data.draw(changed(slug))).encode()
    answer = Client().post(URLS[slug], body, content_type="application/json", headers=SIGNED[slug](body))
    assert answer.status_code in (200, 400)
    fulfil_due_events()
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()
    for purchase in Purchase.objects.prefetch_related("items__entitlement"):
        items = list(purchase.items.all())
        assert items
        assert all(item.entitlement.units >= item.quantity for item in items)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SENT)
def test_a_field_of_a_megabyte_is_too_long(client, slug):
    body = json.dumps(SENT[slug][0] | {"note": "x" * 1024 * 1024}).encode()
    assert len(body) > MOST_BYTES
    assert client.post(URLS[slug], body, content_type="application/json", headers=SIGNED[slug](body)).status_code == 413


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SENT)
@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-8-sig", "cp1252"])
def test_other_charsets_are_refused(client, slug, charset):
    body = json.dumps(SENT[slug][0] | {"note": "Grüße"}, ensure_ascii=False).encode(charset)
    answer = client.generic("POST", URLS[slug], body, content_type=f"application/json; charset={charset}", headers=signed_bytes(slug, body))
    assert answer.status_code == 400
    assert not WebhookEvent.objects.exists()
