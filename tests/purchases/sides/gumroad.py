"""Gumroad: a form an event, a secret in the address, and an API on this machine that knows the sales."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from tests.purchases.api_server import Api, api_server
from tests.purchases.sides import Message, Opened, Settings, Side

SECRET, OTHER_SECRET = "in-the-address-0123456789", "another-address-0123456789"
URL, FORM = "/partners/gumroad/notify/{}/", "application/x-www-form-urlencoded"
SELLER, TOKEN = "kL0psVL2admJSYRNs-OCMg==", "the-token-of-the-tests"
SALE, RENEWAL, MEMBERSHIP = "FO8TXN-dbxYaBdahG97Y-Q==", "FO8TXN-dvaYbBbahG97a-Q==", "GDzW4_aBdQc-o7Gbjng7lw=="
PRODUCT = "32-nPAicqbLj8B_WswVlMw=="
CODE = f"{PRODUCT}:Version 2"

PING = {
    "seller_id": SELLER,
    "product_id": PRODUCT,
    "product_name": "Notebook",
    "permalink": "notebook",
    "product_permalink": "https://alice.gumroad.example/l/notebook",
    "short_product_id": "notebook",
    "email": "Alice@example.com",
    "price": "3980",
    "gumroad_fee": "398",
    "currency": "eur",
    "quantity": "2",
    "referrer": "direct",
    "card[visual]": "**** **** **** 4242",
    "card[type]": "visa",
    "order_number": "524459935",
    "sale_id": SALE,
    "sale_timestamp": "2025-01-03T05:06:07Z",
    "full_name": "Alice Archer",
    "purchaser_id": "5550321502811",
    "subscription_id": MEMBERSHIP,
    "variants[Version]": "Version 2",
    "ip_country": "Ireland",
    "recurrence": "yearly",
    "refunded": "false",
    "disputed": "false",
    "dispute_won": "false",
    "resource_name": "sale",
}


def sale(**changes: Any) -> dict[str, Any]:
    """As the API tells of it."""
    said = {
        "id": SALE,
        "email": "account@example.com",
        "purchase_email": "Alice@example.com",
        "seller_id": SELLER,
        "created_at": "2025-01-03T05:06:07Z",
        "product_id": PRODUCT,
        "product_name": "Notebook",
        "price": 3980,
        "currency_symbol": "€",
        "refunded": False,
        "partially_refunded": False,
        "chargedback": False,
        "disputed": False,
        "dispute_won": False,
        "full_name": "Alice Archer",
        "street_address": "12 Quay Street",
        "city": "Galway",
        "state": "Connacht",
        "zip_code": "H91 XR5A",
        "country": "Ireland",
        "country_iso2": "IE",
        "variants": {"Version": "Version 2"},
        "quantity": 2,
        "subscription_id": MEMBERSHIP,
        "recurring_charge": False,
        "offer_code": {"code": "SPRING", "name": "SPRING"},
        "card": {"visual": "**** **** **** 4242", "type": "visa"},
    }
    return said | changes


class Records:
    """What Gumroad's own records say today; time goes on, and nothing that happened is undone."""

    api: Api
    sales: dict[str, dict[str, Any]]

    def know(self, number: str = SALE, **changes: Any) -> None:
        self.sales[number] = self.sales.get(number, sale(id=number)) | changes
        self.api.answer(f"/v2/sales/{number.replace('=', '%3D')}", {"success": True, "sale": self.sales[number]})


records = Records()


def ping(**changes: str) -> dict[str, str]:
    return PING | changes


def posted(form: dict[str, str] | bytes, secret: str = SECRET) -> Message:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    return Message(URL.format(secret), body, content_type=FORM)


def message(form: dict[str, str], secret: str = SECRET) -> list[Message]:
    return [posted(form, secret)]


def sold() -> list[Message]:
    records.know()
    return message(ping())


def refunded() -> list[Message]:
    records.know(refunded=True)
    return message(ping(resource_name="refund", refunded="true"))


def disputed() -> list[Message]:
    won = records.sales.get(SALE, {}).get("dispute_won", False)
    records.know(disputed=True, chargedback=not won)
    return message(ping(resource_name="dispute", disputed="true"))


def dispute_won() -> list[Message]:
    records.know(disputed=True, chargedback=False, dispute_won=True)
    return message(ping(resource_name="dispute_won", disputed="true", dispute_won="true"))


def renewed() -> list[Message]:
    records.know(RENEWAL, recurring_charge=True, created_at="2025-03-03T05:06:07Z")
    return message(ping(sale_id=RENEWAL, is_recurring_charge="true", sale_timestamp="2025-03-03T05:06:07Z"))


@contextmanager
def opened(settings: Settings) -> Opened:
    with known_to_its_api():
        settings.PARTNERS["gumroad"] |= {
            "secrets": [SECRET],
            "seller_id": SELLER,
            "access_token": TOKEN,
            "without_read_back": False,
            "api": records.api.address,
        }
        yield


@contextmanager
def known_to_its_api() -> Iterator[None]:
    with api_server() as api:
        records.api, records.sales = api, {}
        yield


SIDE = Side(
    slug="gumroad",
    product_code=CODE,
    opened=opened,
    purchase=sold,
    refund=refunded,
    chargeback=disputed,
    chargeback_reversed=dispute_won,
    test_event=lambda: message(ping(test="true")),
    forged=lambda: message(ping(), secret=OTHER_SECRET),
    stale=None,
    malformed=lambda: message(ping(quantity="-2")),
    renewal=renewed,
    missing={"stale": "Gumroad signs nothing, so no time either."},
)
