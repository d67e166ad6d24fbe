"""How Plimus's notifications look in tests: the form, its digests, and posting it."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.test import Client

URL = "/partners/plimus/notify/"
KEY, OTHER_KEY = "data protection key", "its successor"
INSIDE, OUTSIDE = "62.216.234.200", "198.51.100.9"
NETWORKS = ["62.216.234.196/30", "62.216.234.200/29"]

ORDER = {
    "transactionType": "CHARGE",
    "referenceNumber": "38231434",
    "transactionDate": "01/02/2026 03:04 PM",
    "testMode": "N",
    "productId": "7700",
    "productName": "Notebook",
    "contractId": "NOTEBOOK",
    "contractName": "Notebook, single user",
    "contractPrice": "1,019.90",
    "quantity": "2",
    "currency": "USD",
    "invoiceAmount": "2,039.80",
    "firstName": "Alice",
    "lastName": "Archer",
    "company": "Archer & Daughters",
    "address1": "12 Quay Street",
    "city": "Galway",
    "state": "Connacht",
    "zipCode": "H91 XR5A",
    "country": "IE",
    "email": "Alice@example.com",
    "workPhone": "+353 91 555 012",
    "faxNumber": "+353 91 555 013",
    "remoteAddress": "203.0.113.7",
    "shippingMethod": "Download",
    "creditCardType": "Visa",
    "creditCardLastFourDigits": "1111",
}


def order(**changes: str) -> dict[str, str]:
    return ORDER | changes


def post(client: Client, form: dict[str, str], ip: str = INSIDE, **headers: str):
    return client.post(URL, urlencode(form), content_type="application/x-www-form-urlencoded", headers=headers, REMOTE_ADDR=ip)


def with_key(form: dict[str, str], key: str = KEY) -> dict[str, str]:
    return form | {"authKey": hashlib.md5((form["referenceNumber"] + form["contractId"] + key).encode()).hexdigest()}


def signature(form: dict[str, str], key: str = KEY, at: datetime | None = None) -> dict[str, str]:
    return signature_of(urlencode(form).encode(), key, at)


def signature_of(body: bytes, key: str = KEY, at: datetime | None = None) -> dict[str, str]:
    timestamp = (at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    digest = hmac.new(key.encode(), timestamp.encode() + body, "sha256").hexdigest()
    return {"bls-ipn-timestamp": timestamp, "bls-signature": digest}
