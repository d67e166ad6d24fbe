"""How Paddle's notifications look in tests: events, signatures by the functions of Paddle's own SDK, and posting them."""

import json
import time
from typing import Any

from django.test import Client
from paddle_billing.Notifications import PaddleSignature

URL = "/partners/paddle/notify/"
SECRET, OTHER_SECRET, SANDBOX_SECRET = "pdl_ntfset_for_the_tests_alone", "pdl_ntfset_its_successor_01", "pdl_ntfset_of_the_sandbox_1"
TRANSACTION, RENEWAL, SUBSCRIPTION = "txn_01hv8wptq8987qeep44cyrewp9", "txn_01hv8wptq8987qeep44cyrewq1", "sub_01hv8x29kz0t586xy6zn1a62ny"
CUSTOMER, ADDRESS, BUSINESS = "ctm_01hv6y1jedq4p1n0yqn5ba3ky4", "add_01hv8gq3318ktkfengj2r75gfx", "biz_01hv8hkzd5xbd8wdbgmvcr2zqb"
LINES = ("txnitm_01hv8wt98jahpbm1t1tzr06z6n", "txnitm_01hv8wt98jahpbm1t1v1sd067y")

JANUARY, FEBRUARY, MARCH, DECEMBER = (f"2026-{month}-02T03:04:05.678901Z" for month in ("01", "02", "03", "12"))


def event(kind: str, data: dict[str, Any], occurred_at: str = JANUARY, event_id: str = "", **more: Any) -> dict[str, Any]:
    """An event about an entity; its id is the same for the same event of the same entity."""
    return {
        "event_id": event_id or f"evt_{kind}_{data.get('id', '')}",
        "event_type": kind,
        "occurred_at": occurred_at,
        "notification_id": "ntf_01hv8wzc9j5vkc3v5m3q0b4w4z",
        "data": data,
    } | more


def item(number: int = 0, price: str = "NOTEBOOK", quantity: int = 2, subtotal: str = "1990") -> dict[str, Any]:
    return {
        "id": LINES[number],
        "price_id": price,
        "quantity": quantity,
        "unit_totals": {"subtotal": subtotal, "discount": "0", "tax": "0", "total": subtotal},
        "product": {"id": "pro_01htz88xpr0mm7b3ta2pjkr7w2", "name": "Notebook 3"},
    }


def transaction(**changes: Any) -> dict[str, Any]:
    items = changes.pop("line_items", [item()])
    return {
        "id": TRANSACTION,
        "status": "completed",
        "customer_id": CUSTOMER,
        "address_id": ADDRESS,
        "business_id": BUSINESS,
        "currency_code": "EUR",
        "origin": "web",
        "subscription_id": SUBSCRIPTION,
        "invoice_number": "325-10566",
        "details": {"totals": {"subtotal": "3980", "tax": "0", "total": "3980", "grand_total": "3980"}, "line_items": items},
        "payments": [{"status": "captured", "method_details": {"type": "card", "card": {"last4": "3184", "expiry_year": 2030}}}],
        "billed_at": JANUARY,
    } | changes


def completed(occurred_at: str = JANUARY, **changes: Any) -> dict[str, Any]:
    return event("transaction.completed", transaction(**changes), occurred_at)


def renewed(**changes: Any) -> dict[str, Any]:
    return completed(DECEMBER, **{"id": RENEWAL, "origin": "subscription_recurring", "billed_at": DECEMBER} | changes)


def customer(kind: str = "created", occurred_at: str = JANUARY, **changes: Any) -> dict[str, Any]:
    told = {"id": CUSTOMER, "name": "Alice Archer", "email": "Alice@example.com", "locale": "en", "status": "active"}
    return event(f"customer.{kind}", told | changes, occurred_at)


def address(kind: str = "created", occurred_at: str = JANUARY, **changes: Any) -> dict[str, Any]:
    told = {
        "id": ADDRESS,
        "customer_id": CUSTOMER,
        "first_line": "12 Quay Street",
        "second_line": None,
        "city": "Galway",
        "postal_code": "H91 XR5A",
        "region": "Connacht",
        "country_code": "IE",
    }
    return event(f"address.{kind}", told | changes, occurred_at)


def business(kind: str = "created", occurred_at: str = JANUARY, **changes: Any) -> dict[str, Any]:
    return event(f"business.{kind}", {"id": BUSINESS, "customer_id": CUSTOMER, "name": "Archer & Daughters"} | changes, occurred_at)


def adjustment(action: str = "refund", kind: str = "created", occurred_at: str = FEBRUARY, **changes: Any) -> dict[str, Any]:
    told = {
        "id": f"adj_{action}",
        "action": action,
        "type": "full",
        "transaction_id": TRANSACTION,
        "customer_id": CUSTOMER,
        "currency_code": "EUR",
        "status": "approved",
        "items": [{"id": "adjitm_1", "item_id": LINES[0], "type": "full", "amount": "3980"}],
        "totals": {"subtotal": "3980", "tax": "0", "total": "3980"},
    } | changes
    return event(f"adjustment.{kind}", told, occurred_at, f"evt_{kind}_{told['id']}_{told['status']}")


def signature(body: bytes, secret: str = SECRET, timestamp: int = 0) -> str:
    """By the SDK's own function: an outside check of our reading of the scheme."""
    return PaddleSignature.calculate_hmac(secret, f"{timestamp}:".encode() + body).hexdigest()


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    timestamp = int(time.time() if at is None else at)
    return {"Paddle-Signature": f"ts={timestamp};h1={signature(body, secret, timestamp)}"}


def post(client: Client, payload: Any, secret: str = SECRET, **headers: str):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return client.post(URL, body, content_type="application/json", headers=signed(body, secret) | headers)
