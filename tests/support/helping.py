"""People who cannot log in, and what is on file of Alice."""

from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from downloads.models import Entitlement
from purchases.models import Purchase, PurchaseItem
from support.models import Case

PAGE = "/support/log-in-help/"
ORDER = "PLM-2026 0417"
PLEA = {
    "email": "alice.archer@elsewhere.example",
    "name": "Alice Archer",
    "purchase_email": "Alice@example.com",
    "order_reference": ORDER,
    "product": "Notebook",
    "postal_code": "h91xr5a",
    "bought_when": "last spring",
    "partner": "Plimus",
    "text": "It says that my password is wrong.",
    "form_number": "from-my-kitchen",
}


def purchase_of(user: User, owned: Entitlement, order: str = ORDER, **values: Any) -> Purchase:
    """What a partner told of an order."""
    told = {"email": user.email, "name": user.name, "postal_code": user.postal_code, "purchased_at": timezone.now()} | values
    purchase = Purchase.objects.create(user=user, partner="plimus", order_reference=order, **told)
    PurchaseItem.objects.create(purchase=purchase, line_number=1, product_code=owned.product.code, entitlement=owned)
    return purchase


def ask(client: Client | None = None, **told: str) -> Case:
    """Somebody fills in the form; the case that it opened, or had opened before."""
    response = (client or Client()).post(PAGE, PLEA | told)
    assert response.status_code == 200, response.content.decode()
    return Case.objects.order_by("-pk")[0]
