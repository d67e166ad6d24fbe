"""G5: payment details are never received and never stored, even if a partner sends them by mistake."""

import json
import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases.partner_side import BUYER, SECRET, URL, line, purchase, reversal, signed

pytestmark = pytest.mark.django_db
CARD, IBAN = "4111111111111111", "GB82WEST12345698765432"
WRITTEN = ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", IBAN, "GB82 WEST 1234 5698 7654 32"]


@pytest.fixture(autouse=True)
def open_endpoints(settings):
    plimus = settings.PARTNERS["plimus"] | {"authentication": "networks", "networks": ["127.0.0.1"], "secrets": []}
    ours = settings.PARTNERS["standard-webhooks"] | {"secrets": [SECRET]}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": ours, "plimus": plimus}
    settings.CELERY_BROKER_URL = ""


def post(client: Client, payload: Any, event_id: str = "") -> int:
    body = json.dumps(payload).encode()
    return client.post(URL, body, content_type="application/json", headers=signed(body, event_id)).status_code


def everything_kept(folder: Path, caplog) -> str:
    """The whole database, every file below the test's folder, and the log, without the separators that could hide a number."""
    kept = [caplog.text]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            kept += [str(row) for row in cursor.fetchall()]
    kept += [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    return re.sub(r"[\s.\-]", "", "\n".join(kept))


@pytest.mark.parametrize("number", WRITTEN)
@pytest.mark.parametrize(
    ("status", "place"),
    [
        (200, lambda number: purchase(number)),
        (200, lambda number: purchase(buyer=BUYER | {"name": f"Alice {number}"})),
        (200, lambda number: purchase(buyer=BUYER | {"telephone": number})),
        (200, lambda number: purchase(buyer=BUYER | {"address2": f"card {number}, expires 12/27"})),
        (200, lambda number: purchase(lines=[line(product_name=number, delivery_option=number)])),
        (200, lambda number: purchase(lines=[line(code=number)])),
        (200, lambda number: purchase(payment={"card": {"number": number}})),
        (200, lambda number: purchase(nested=[{"deep": [[{"note": number}]]}])),
        (200, lambda number: purchase(**{number: "as a name"})),
        (400, lambda number: purchase(currency=number)),
        (400, lambda number: purchase() | {"type": number}),
        (200, lambda number: purchase() | {number: number}),
        (200, lambda number: reversal("refunded", number)),
        (400, lambda number: number),
        (400, lambda number: [number]),
    ],
)
def test_g05_a_number_sent_by_mistake_is_nowhere(client, notebook, own_disk, caplog, status, place, number):
    caplog.set_level(logging.DEBUG)
    assert post(client, place(number)) == status
    fulfil_due_events()
    kept = everything_kept(own_disk, caplog)
    assert CARD not in kept
    assert IBAN not in kept


def test_g05_a_number_as_a_number_is_nowhere(client, notebook, own_disk, caplog):
    post(client, purchase(reference=int(CARD), price=float(CARD)))
    post(client, purchase("A-2", lines=[line(quantity=int(CARD))]))
    post(client, purchase("A-3"), event_id=f"msg_{CARD}")
    fulfil_due_events()
    assert CARD not in everything_kept(own_disk, caplog)
    assert Purchase.objects.count() == 2, "the orders are granted all the same"


@pytest.mark.parametrize(
    "name", ["referenceNumber", "contractId", "lastName", "company", "workPhone", "comment", "creditCardNumber", "invoiceAmount"]
)
def test_g05_plimus_may_send_it_too(client, notebook, own_disk, caplog, name):
    form = {
        "transactionType": "CHARGE",
        "referenceNumber": "1",
        "transactionDate": "01/02/2026 03:04 PM",
        "contractId": "NOTEBOOK",
        "email": "alice@example.com",
        "creditCardType": "Visa",
        name: "4111 1111 1111 1111",
    }
    client.post("/partners/plimus/notify/", urlencode(form), content_type="application/x-www-form-urlencoded")
    fulfil_due_events()
    kept = everything_kept(own_disk, caplog)
    assert CARD not in kept
    assert "Visa" not in kept


def test_g05_what_was_a_number_is_still_the_same_order(client, notebook):
    """The stand-in is the same each time, so a refund finds its purchase."""
    post(client, purchase(CARD))
    post(client, reversal("refunded", CARD))
    fulfil_due_events()
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"fulfilled"}


def test_g05_the_digest_of_a_body_gives_no_number_away(client, notebook):
    """Whoever holds the row could try all numbers against a digest of the body as it came; it is taken without them."""
    digests = []
    for event_id, number in (("1", "4111111111111111"), ("2", "5555555555554444")):
        post(client, purchase(payment={"number": number}), event_id)
        digests.append(WebhookEvent.objects.latest("pk").payload_sha256)
    assert digests[0] == digests[1]
