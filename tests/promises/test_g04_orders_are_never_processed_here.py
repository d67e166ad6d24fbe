"""G4: a partner takes the order and notifies the site at once with contact data and limited order data. It is used to e-mail unlock
codes, to identify the customer, and to open an account. The IP address of the transaction may be recorded."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.apps import apps
from django.test import Client
from django.urls import get_resolver

from accounts.models import User
from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import Purchase, PurchaseItem
from purchases.tasks import fulfil_due_events
from tests.pages import routes
from tests.purchases.partner_side import SECRET, URL, line, purchase, signed

PAYMENT_WORDS = ("card", "iban", "bank", "payment", "cvc", "cvv")


@pytest.fixture(autouse=True)
def open_endpoint(settings):
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": settings.PARTNERS["standard-webhooks"] | {"secrets": [SECRET]}}
    settings.CELERY_BROKER_URL = ""


@pytest.fixture
def notified(client: Client, notebook) -> Purchase:
    ordered = line(quantity=2, product_name="Notebook 3", unit_price="9.95", delivery_option="CD by post")
    body = json.dumps(purchase("A-1001", [ordered])).encode()
    assert client.post(URL, body, content_type="application/json", headers=signed(body)).status_code == 200
    fulfil_due_events()
    return Purchase.objects.get()


@pytest.mark.django_db
def test_g04_contact_data_and_limited_order_data_are_recorded(notified):
    assert (notified.name, notified.company, notified.address1, notified.postal_code, notified.city, notified.country) == (
        "Alice Archer",
        "Archer & Daughters",
        "12 Quay Street",
        "H91 XR5A",
        "Galway",
        "IE",
    )
    assert (notified.email, notified.telephone, notified.fax) == ("Alice@example.com", "+353 91 555 012", "+353 91 555 013")
    assert (notified.purchased_at, notified.order_reference) == (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "A-1001")
    item = notified.items.get()
    assert (item.product_code, item.product_name, item.quantity) == ("NOTEBOOK", "Notebook 3", 2)
    assert (item.unit_price, item.delivery_option, notified.ip) == (Decimal("9.95"), "CD by post", "203.0.113.7")


@pytest.mark.django_db
def test_g04_it_serves_unlock_codes_account_and_identification(notified):
    assert User.objects.get() == notified.user
    assert OutgoingMail.objects.get().to == "Alice@example.com"
    assert UnlockCode.objects.filter(entitlement__user=notified.user).count() == 2
    assert notified.items.get().entitlement.user == notified.user


def test_g04_no_table_has_a_place_for_payment():
    for model in apps.get_models():
        names = {field.name for field in model._meta.concrete_fields}
        assert not [name for name in names if any(word in name for word in PAYMENT_WORDS)], model
    assert {field.name for field in PurchaseItem._meta.concrete_fields} == {
        "id",
        "purchase",
        "line_number",
        "product_code",
        "product_name",
        "quantity",
        "unit_price",
        "delivery_option",
        "reference",
        "entitlement",
        "extension",
    }


def test_g04_no_address_takes_an_order():
    """The only address under which purchases come in is the partners'."""
    patterns = list(routes(get_resolver().url_patterns))
    assert [pattern for pattern in patterns if pattern.startswith("partners/")] == [
        "partners/<slug:slug>/notify/",
        "partners/<slug:slug>/notify/<str:secret>/",
    ]
    assert not [pattern for pattern in patterns if any(word in pattern for word in ("checkout", "cart", "basket", "pay"))]
