"""Where a partner numbers orders and subscriptions alike, the one is never taken for the other."""

import pytest
from django.test import Client

from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases.plimus_side import order, post

pytestmark = pytest.mark.django_db
ALICES_ORDER = "38231434"


@pytest.fixture(autouse=True)
def open_to_plimus(by_network, notebook) -> None:
    """Plimus is believed by its address, and sells the notebook."""


def tell(client: Client, **changes: str) -> WebhookEvent:
    assert post(client, order(**changes)).status_code == 200
    fulfil_due_events()
    return WebhookEvent.objects.latest("pk")


def test_a_subscription_with_the_number_of_somebody_elses_order_renews_its_own(client):
    tell(client, referenceNumber=ALICES_ORDER)
    tell(client, referenceNumber="90000001", subscriptionId=ALICES_ORDER, email="bob@example.com")
    row = tell(client, transactionType="RECURRING", referenceNumber="90000002", subscriptionId=ALICES_ORDER, email="bob@example.com")
    assert row.state == "fulfilled", row.state_reason
    assert Purchase.objects.get(order_reference="90000002").email == "bob@example.com"


def test_a_refund_of_an_order_that_is_still_to_come_takes_nothing_from_the_order_of_its_subscriptions_number(client):
    tell(client, referenceNumber=ALICES_ORDER)
    row = tell(client, transactionType="REFUND", referenceNumber="90000001", subscriptionId=ALICES_ORDER, invoiceAmount="-2,039.80")
    assert row.state == "waiting"
    assert Purchase.objects.get().items.get().units_left == 2
