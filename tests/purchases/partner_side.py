"""How partners' notifications look in tests: bodies, signatures by the scheme's own SDK, and posting them."""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from django.test import Client
from standardwebhooks import Webhook

from purchases.models import WebhookEvent

SECRET = "whsec_" + base64.b64encode(b"a secret for the tests alone, 32+").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret, for the rotation.").decode()
URL = "/partners/standard-webhooks/notify/"
CARD = "4111 1111 1111 1111"
CARD_DIGITS = CARD.replace(" ", "")

BUYER = {
    "name": "Alice Archer",
    "company": "Archer & Daughters",
    "address1": "12 Quay Street",
    "city": "Galway",
    "postal_code": "H91 XR5A",
    "country": "IE",
    "email": "Alice@example.com",
    "telephone": "+353 91 555 012",
    "fax": "+353 91 555 013",
}


def line(number: int = 1, code: str = "NOTEBOOK", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"line_number": number, "product_code": code, "quantity": quantity} | more


def purchase(order: str = "A-1", lines: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A complete purchase; `more` goes into its data."""
    data = {
        "order_reference": order,
        "purchased_at": "2026-01-02T03:04:05Z",
        "currency": "EUR",
        "total": "19.90",
        "ip": "203.0.113.7",
        "buyer": BUYER,
        "lines": lines or [line()],
    }
    return {"type": "purchase.completed", "timestamp": "2026-01-02T03:04:06Z", "data": data | more}


def reversal(kind: str, order: str = "A-1", lines: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    data: dict[str, Any] = {"order_reference": order}
    return {"type": f"purchase.{kind}", "timestamp": "2026-02-02T03:04:06Z", "data": data | ({"lines": lines} if lines else {})}


def signed(body: bytes, event_id: str = "", secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    """The three headers, signed by the SDK: an outside check of our own reading of the scheme."""
    event_id, at = event_id or f"msg_{uuid.uuid4().hex}", at or datetime.now(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, at, body.decode()),
    }


def post(client: Client, payload: Any, event_id: str = "", **headers: str):
    """Post a signed notification, as the partner does."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return client.post(URL, body, content_type="application/json", headers=signed(body, event_id) | headers)


def the_event(**conditions: Any) -> WebhookEvent:
    return WebhookEvent.objects.get(**conditions)
