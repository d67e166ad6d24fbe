from contextlib import contextmanager
from urllib.parse import urlencode

from tests.purchases.sides import Message, Opened, Settings, Side

SECRET = "shareit-secret-for-the-tests"
ORDER = {
    "PRODUCT_ID": "300123456",
    "PURCHASE_ID": "98765432",
    "RUNNING_NO": "1",
    "PURCHASE_DATE": "02/01/2026",
    "LANGUAGE_ID": "1",
    "QUANTITY": "2",
    "REG_NAME": "Alice Archer",
    "ADDITIONAL1": "",
    "ADDITIONAL2": "",
    "RESELLER": "",
    "LASTNAME": "Archer",
    "FIRSTNAME": "Alice",
    "COMPANY": "Archer & Daughters",
    "EMAIL": "Alice@example.com",
    "PHONE": "+353 91 555 012",
    "FAX": "",
    "STREET": "12 Quay Street",
    "ZIP": "H91 XR5A",
    "CITY": "Galway",
    "STATE": "",
    "COUNTRY": "Ireland",
    "ENCODING": "ISO-8859-1",
}


@contextmanager
def opened(settings: Settings) -> Opened:
    settings.PARTNERS["shareit"] = {"secrets": [SECRET]}
    yield


def message(secret: str = SECRET, **changes: str) -> list[Message]:
    body = urlencode(ORDER | changes).encode()
    return [Message(f"/partners/shareit/notify/{secret}/", body, content_type="application/x-www-form-urlencoded")]


SIDE = Side(
    slug="shareit",
    product_code="300123456",
    opened=opened,
    purchase=message,
    refund=None,
    chargeback=None,
    chargeback_reversed=None,
    test_event=None,
    forged=lambda: message("another-secret-for-the-tests"),
    stale=None,
    malformed=lambda: message(QUANTITY="-1"),
    missing={
        "refund": "a key generator is not told of refunds",
        "chargeback": "a key generator is not told of chargebacks",
        "chargeback_reversed": "a key generator is not told of chargebacks",
        "test_event": "nothing marks a trial",
        "stale": "nothing is signed",
        "renewal": "there are no subscriptions",
    },
)
