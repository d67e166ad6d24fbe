from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from tests.purchases.plimus_side import KEY, OTHER_KEY, order, signature
from tests.purchases.sides import Message, Opened, Settings, Side

URL, FORM = "/partners/bluesnap/notify/", "application/x-www-form-urlencoded"


@contextmanager
def opened(settings: Settings) -> Opened:
    settings.PARTNERS["bluesnap"] |= {"secrets": [KEY], "tolerance": timedelta(hours=1)}
    yield


def message(key: str = KEY, at: datetime | None = None, **changes: str) -> list[Message]:
    form = order(contractId="NB-2", **changes)
    return [Message(URL, urlencode(form).encode(), signature(form, key, at), content_type=FORM)]


SIDE = Side(
    slug="bluesnap",
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
    stale=lambda: message(at=datetime.now(UTC) - timedelta(days=1)),
    malformed=lambda: message(quantity="-2"),
    renewal=lambda: message(transactionType="RECURRING", referenceNumber="777", originalReferenceNumber="38231434"),
)
