"""FastSpring: events in JSON, several a request, as its developers' pages show them."""

import base64
import hashlib
import hmac
import json
from contextlib import contextmanager
from typing import Any

from tests.purchases.sides import Message, Opened, Settings, Side

URL = "/partners/fastspring/notify/"
SECRET, OTHER_SECRET = "the secret of the tests alone", "another one for the rotation"
ORDER, REFERENCE, SUBSCRIPTION = "R6hr8F6USNixHu9fmdyjAw", "FUR250103-8970-10118", "ttyyWWxQRv-P0WXUYXphzg"
JANUARY, FEBRUARY, MARCH = 1735880000123, 1738540000123, 1741040000123

CUSTOMER = {"first": "Alice", "last": "Archer", "email": "Alice@example.com", "company": "Archer & Daughters", "phone": "+353 91 555 012"}
ADDRESS = {
    "addressLine1": "12 Quay Street",
    "addressLine2": None,
    "city": "Galway",
    "regionCode": "C",
    "regionDisplay": "Connacht",
    "region": "Connacht",
    "postalCode": "H91 XR5A",
    "country": "IE",
    "display": "12 Quay Street, Galway, H91 XR5A, IE",
}
ITEM = {
    "product": "notebook-2",
    "quantity": 2,
    "display": "Notebook 2",
    "sku": "NB-SKU",
    "subtotal": 39.8,
    "subtotalDisplay": "€39.80",
    "coupon": "SPRING",
    "subscription": {"id": SUBSCRIPTION, "subscription": SUBSCRIPTION, "active": True, "next": 1504224000000},
    "fulfillments": {},
}


def event(kind: str, data: dict[str, Any], event_id: str, created: int = JANUARY, live: bool = True) -> dict[str, Any]:
    return {"id": event_id, "processed": False, "created": created, "type": kind, "live": live, "data": data}


def order(**changes: Any) -> dict[str, Any]:
    data = {
        "order": ORDER,
        "id": ORDER,
        "reference": REFERENCE,
        "completed": True,
        "changed": JANUARY,
        "changedInSeconds": JANUARY // 1000,
        "language": "en",
        "live": True,
        "currency": "EUR",
        "account": "NbNDzguWR5-Dv9Rlxg7xsw",
        "total": 48.95,
        "tax": 9.15,
        "subtotal": 39.8,
        "payment": {"type": "creditcard", "cardEnding": "4242"},
        "customer": CUSTOMER,
        "address": ADDRESS,
        "ipAddress": "203.0.113.7",
        "items": [ITEM],
    }
    return data | changes


def purchase(event_id: str = "evt-order", live: bool = True, **changes: Any) -> dict[str, Any]:
    return event("order.completed", order(**changes), event_id, live=live)


def returned(event_id: str = "evt-return", units: int = 2, total: float = 48.95, **changes: Any) -> dict[str, Any]:
    data = {
        "return": "qWIaFaLlRgu6NYs7MgHkGA",
        "reference": "FUR250203-8960-65188X",
        "completed": True,
        "changed": FEBRUARY,
        "currency": "EUR",
        "totalReturn": total,
        "original": {"id": ORDER, "order": ORDER, "reference": REFERENCE, "currency": "EUR", "total": 48.95, "subtotal": 39.8},
        "items": [{"product": "notebook-2", "quantity": units, "display": "Notebook 2", "sku": None, "subtotal": 19.9 * units}],
        "payment": {"type": "creditcard", "cardEnding": "4242"},
    }
    return event("return.created", data | changes, event_id, FEBRUARY)


def charged(event_id: str = "evt-charge", number: str = "AxajJf8vQDC_YzEk7QY-7g", **changes: Any) -> dict[str, Any]:
    again = order(id=number, order=number, reference="FUR250303-2389-33111B", changed=MARCH)
    again["items"] = [ITEM | {"subscription": SUBSCRIPTION}]
    data = {
        "order": again,
        "currency": "EUR",
        "total": 48.95,
        "status": "successful",
        "timestamp": MARCH,
        "sequence": 2,
        "subscription": {"id": SUBSCRIPTION, "product": "notebook-2", "quantity": 2},
    }
    return event("subscription.charge.completed", data | changes, event_id, MARCH)


def charged_back(event_id: str = "evt-chargeback", number: str = ORDER, **changes: Any) -> dict[str, Any]:
    data = {
        "id": number,
        "reasonCode": "4837",
        "reasonDescription": "FRAUDULENT",
        "creationDate": "Fri May 09 17:00:00 UTC 2025",
        "chargebackAmount": 48.95,
        "currency": "EUR",
        "order": number,
        "processorCaseId": "dsp_6dtaqbtq3cee7fqg3522hjgeqi",
        "status": "NEW",
        "paymentMethod": "CREDIT_CARD",
    }
    return event("chargeback.created", data | changes, event_id, FEBRUARY)


def activated(event_id: str = "evt-activated") -> dict[str, Any]:
    data = {
        "id": SUBSCRIPTION,
        "subscription": SUBSCRIPTION,
        "initialOrderId": ORDER,
        "initialOrderReference": REFERENCE,
        "changed": JANUARY,
    }
    return event("subscription.activated", data, event_id)


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def raw(body: bytes, secret: str = SECRET) -> Message:
    return Message(URL, body, {"X-FS-Signature": signature(body, secret)})


def message(*events: Any, secret: str = SECRET) -> list[Message]:
    return [raw(json.dumps({"events": list(events)}).encode(), secret)]


@contextmanager
def opened(settings: Settings) -> Opened:
    settings.PARTNERS["fastspring"] |= {"secrets": [SECRET], "product_code": "product"}
    yield


SIDE = Side(
    slug="fastspring",
    product_code="notebook-2",
    opened=opened,
    purchase=lambda: message(purchase()),
    refund=lambda: message(returned()),
    chargeback=lambda: message(charged_back()),
    chargeback_reversed=None,
    test_event=lambda: message(purchase(live=False)),
    forged=lambda: message(purchase(), secret=OTHER_SECRET),
    stale=None,
    malformed=lambda: message(purchase(items=[ITEM | {"quantity": -2}])),
    renewal=lambda: message(charged()),
    missing={
        "chargeback_reversed": "FastSpring documents no event of a chargeback that was won.",
        "stale": "FastSpring signs no time.",
    },
)
