from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlencode

from tests.purchases import plimus_side
from tests.purchases.plimus_side import INSIDE, KEY, NETWORKS, OTHER_KEY, URL, order, with_key
from tests.purchases.sides import Message, Opened, Settings, Side

FORM = "application/x-www-form-urlencoded"


@contextmanager
def opened(settings: Settings) -> Opened:
    settings.PARTNERS["plimus"] |= {
        "authentication": "auth-key",
        "secrets": [KEY],
        "networks": NETWORKS,
        "tolerance": timedelta(days=1),
    }
    yield


def message(key: str = KEY, **changes: str) -> list[Message]:
    form = with_key(order(contractId="NB-2", **changes), key)
    return [Message(URL, urlencode(form).encode(), content_type=FORM, ip=INSIDE)]


assert plimus_side.ORDER["quantity"] == "2"

SIDE = Side(
    slug="plimus",
    product_code="NB-2",
    opened=opened,
    purchase=message,
    refund=lambda: message(transactionType="REFUND", reversalRefNum="1"),
    chargeback=lambda: message(transactionType="CHARGEBACK", reversalRefNum="2"),
    chargeback_reversed=lambda: message(
        transactionType="CANCELLATION_CHARGEBACK", reversalRefNum="3", transactionDate="03/02/2026 03:04 PM"
    ),
    test_event=lambda: message(testMode="Y"),
    forged=lambda: message(key=OTHER_KEY),
    stale=None,
    malformed=lambda: message(transactionDate="yesterday"),
    renewal=lambda: message(transactionType="RECURRING", referenceNumber="777", originalReferenceNumber="38231434"),
    missing={"stale": "the digest of those years covers no time"},
)
