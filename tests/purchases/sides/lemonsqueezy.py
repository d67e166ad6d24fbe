"""Lemon Squeezy: one event a request, as JSON:API."""

import hashlib
import hmac
import json
from contextlib import contextmanager
from typing import Any

from tests.purchases.sides import Message, Opened, Settings, Side

URL = "/partners/lemonsqueezy/notify/"
SECRET, OTHER_SECRET = "the secret of the tests alone", "another one for the rotation"
ORDER, SUBSCRIPTION, INVOICE = "2735001", "2735001", "2735001"  # each kind is numbered for itself
FIRST_ITEM = {
    "id": 501,
    "order_id": int(ORDER),
    "product_id": 70,
    "variant_id": 71002,
    "product_name": "Notebook",
    "variant_name": "Version 2",
    "price": 1990,
    "quantity": 2,
    "test_mode": False,
}


def event(name: str, kind: str, number: str, said: dict[str, Any], **meta: Any) -> dict[str, Any]:
    meta = {"event_name": name, "custom_data": {"customer_id": 25}, **meta}
    return {"meta": meta, "data": {"type": kind, "id": number, "attributes": said, "relationships": {}}}


def order(name: str = "order_created", number: str = ORDER, **changes: Any) -> dict[str, Any]:
    said = {
        "store_id": 1,
        "customer_id": 2,
        "identifier": "104e18a2-d755-4d4b-80c4-a6c1dcbe1c10",
        "order_number": 12,
        "user_name": "Alice Archer",
        "user_email": "Alice@example.com",
        "currency": "EUR",
        "currency_rate": "1.07",
        "subtotal": 3980,
        "tax": 915,
        "total": 4895,
        "refunded_amount": 0,
        "status": "paid",
        "refunded": False,
        "refunded_at": None,
        "first_order_item": FIRST_ITEM,
        "created_at": "2025-01-03T05:06:07.000000Z",
        "updated_at": "2025-01-03T05:06:09.000000Z",
        "test_mode": False,
    }
    return event(name, "orders", number, said | changes, test_mode=changes.get("test_mode", False))


def refund(amount: int = 4895, **changes: Any) -> dict[str, Any]:
    whole = amount == 4895
    at = f"2025-02-03T05:06:{amount % 60:02}.000000Z"
    said = {"refunded_amount": amount, "refunded": whole, "status": "refunded" if whole else "partial_refund", "updated_at": at}
    return order("order_refunded", **(said | {"refunded_at": at if whole else None} | changes))


def subscribed() -> dict[str, Any]:
    said = {
        "order_id": int(ORDER),
        "order_item_id": 501,
        "status": "active",
        "updated_at": "2025-01-03T05:06:10.000000Z",
        "card_last_four": "4242",
    }
    return event("subscription_created", "subscriptions", SUBSCRIPTION, said)


def paid(name: str = "subscription_payment_success", **changes: Any) -> dict[str, Any]:
    said = {
        "subscription_id": int(SUBSCRIPTION),
        "billing_reason": "renewal",
        "card_brand": "visa",
        "card_last_four": "4242",
        "currency": "EUR",
        "status": "paid",
        "refunded": False,
        "total": 4895,
        "refunded_amount": 0,
        "created_at": "2025-03-03T05:06:07.000000Z",
        "updated_at": "2025-03-03T05:06:09.000000Z",
        "test_mode": False,
    }
    return event(name, "subscription-invoices", INVOICE, said | changes)


def renewal_refund(amount: int = 4895, **changes: Any) -> dict[str, Any]:
    whole = amount == 4895
    said = {"refunded_amount": amount, "refunded": whole, "status": "refunded" if whole else "partial_refund"}
    return paid("subscription_payment_refunded", **(said | {"updated_at": "2025-04-03T05:06:09.000000Z"} | changes))


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def raw(body: bytes, secret: str = SECRET, **headers: str) -> Message:
    return Message(URL, body, {"X-Signature": signature(body, secret), **headers})


def message(payload: Any, secret: str = SECRET) -> list[Message]:
    return [raw(json.dumps(payload).encode(), secret, **{"X-Event-Name": payload["meta"]["event_name"]})]


@contextmanager
def opened(settings: Settings) -> Opened:
    settings.PARTNERS["lemonsqueezy"] |= {"secrets": [SECRET], "api_key": "", "product_code": "variant_id"}
    yield


SIDE = Side(
    slug="lemonsqueezy",
    product_code="71002",
    opened=opened,
    purchase=lambda: message(order()) + message(subscribed()),
    refund=lambda: message(refund()),
    chargeback=None,
    chargeback_reversed=None,
    test_event=lambda: message(order(test_mode=True)),
    forged=lambda: message(order(), secret=OTHER_SECRET),
    stale=None,
    malformed=lambda: message(order(first_order_item=FIRST_ITEM | {"quantity": -2})),
    renewal=lambda: message(paid()),
    missing={
        "chargeback": "Lemon Squeezy's list of events has none of chargebacks.",
        "chargeback_reversed": "Lemon Squeezy's list of events has none of chargebacks.",
        "stale": "Lemon Squeezy signs no time.",
    },
)
