"""How Stripe's notifications look in tests: events, signatures by Stripe's own SDK, and posting them."""

import json
import time
from typing import Any

from django.test import Client
from stripe import WebhookSignature

URL = "/partners/stripe/notify/"
SECRET, OTHER_SECRET = "whsec_for_the_tests_alone_0123456789", "whsec_its_successor_9876543210abcdef"
SESSION, PAYMENT, CHARGE, DISPUTE = "cs_live_a1Zr0Q7Bn3", "pi_3Nq0001", "ch_3Nq0001", "dp_1Nq0001"
SUBSCRIPTION, FIRST_INVOICE, INVOICE, NEXT_PAYMENT = "sub_1Nq0001", "in_1Nq0001", "in_1Nq0002", "pi_3Nq0002"

JANUARY, FEBRUARY, MARCH, DECEMBER = 1767323045, 1770001445, 1772420645, 1796181845  # the second of each month in 2026, 03:04:05

BUYER = {
    "email": "Alice@example.com",
    "name": "Alice Archer",
    "business_name": "Archer & Daughters",
    "phone": "+35391555012",
    "address": {"line1": "12 Quay Street", "line2": None, "city": "Galway", "state": None, "postal_code": "H91 XR5A", "country": "IE"},
    "tax_exempt": "none",
    "tax_ids": [],
}


def event(kind: str, told: dict[str, Any], created: int = JANUARY, event_id: str = "", **more: Any) -> dict[str, Any]:
    """An event about an object; its id is the same for the same event of the same object."""
    return {
        "id": event_id or f"evt_{kind}_{told.get('id', '')}",
        "object": "event",
        "api_version": "2026-02-25",
        "created": created,
        "data": {"object": told},
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    } | more


def session(**changes: Any) -> dict[str, Any]:
    return {
        "id": SESSION,
        "object": "checkout.session",
        "amount_total": 3980,
        "created": JANUARY - 60,
        "currency": "eur",
        "customer": None,
        "customer_details": BUYER,
        "invoice": None,
        "livemode": True,
        "metadata": {"line_1": "NOTEBOOK*2"},
        "mode": "payment",
        "payment_intent": PAYMENT,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "paid",
        "status": "complete",
        "subscription": None,
    } | changes


def completed(kind: str = "completed", created: int = JANUARY, **changes: Any) -> dict[str, Any]:
    return event(f"checkout.session.{kind}", session(**changes), created)


def subscribed(**changes: Any) -> dict[str, Any]:
    """A checkout of a subscription: it names invoice and subscription, and no payment."""
    return completed(mode="subscription", payment_intent=None, subscription=SUBSCRIPTION, invoice=FIRST_INVOICE, **changes)


def charge(returned: int = 3980, created: int = FEBRUARY, **changes: Any) -> dict[str, Any]:
    """`charge.refunded`: how much was returned by now."""
    told = {
        "id": CHARGE,
        "object": "charge",
        "amount": 3980,
        "amount_refunded": returned,
        "currency": "eur",
        "payment_intent": PAYMENT,
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030}},
        "refunded": returned >= 3980,
    } | changes
    return event("charge.refunded", told, created, f"evt_refund_{told['payment_intent']}_{returned}")


def refund(kind: str = "created", created: int = FEBRUARY, **changes: Any) -> dict[str, Any]:
    told = {"id": "re_3Nq0001", "object": "refund", "amount": 3980, "charge": CHARGE, "currency": "eur", "payment_intent": PAYMENT}
    return event(f"refund.{kind}", told | changes, created)


def dispute(kind: str = "created", status: str = "needs_response", created: int = FEBRUARY, **changes: Any) -> dict[str, Any]:
    told = {"id": DISPUTE, "object": "dispute", "amount": 3980, "charge": CHARGE, "currency": "eur", "payment_intent": PAYMENT}
    return event(f"charge.dispute.{kind}", told | {"status": status} | changes, created, f"evt_dispute_{kind}_{status}")


def invoice(why: str = "subscription_cycle", created: int = DECEMBER, **changes: Any) -> dict[str, Any]:
    """`invoice.paid` as API versions since 2025 write it: without the payment, and with the subscription under `parent`."""
    told = {
        "id": FIRST_INVOICE if why == "subscription_create" else INVOICE,
        "object": "invoice",
        "amount_paid": 3980,
        "billing_reason": why,
        "currency": "eur",
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": SUBSCRIPTION, "metadata": {}}},
    }
    return event("invoice.paid", told | changes, created)


def invoice_payment(invoice_id: str = FIRST_INVOICE, payment: str = PAYMENT, created: int = JANUARY) -> dict[str, Any]:
    told = {
        "id": f"inpay_{payment}",
        "object": "invoice_payment",
        "amount_paid": 3980,
        "currency": "eur",
        "invoice": invoice_id,
        "payment": {"type": "payment_intent", "payment_intent": payment},
        "status": "paid",
    }
    return event("invoice_payment.paid", told, created)


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The header, made by Stripe's own SDK: an outside check of our reading of the scheme."""
    timestamp = int(time.time() if at is None else at)
    return {"Stripe-Signature": WebhookSignature.generate_signature_header(body.decode(), secret, timestamp)}


def post(client: Client, payload: Any, **headers: str):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return client.post(URL, body, content_type="application/json", headers=signed(body) | headers)
