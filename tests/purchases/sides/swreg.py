from contextlib import contextmanager
from urllib.parse import urlencode

from tests.purchases.sides import Message, Opened, Settings, Side

SECRET = "swreg-secret-for-the-tests-1"
ORDER = {
    "o_no": "7654321",
    "pc": "NB-2",
    "var": "Notebook",
    "del": "E-mail",
    "title": "Ms",
    "initals": "Alice",
    "name": "Archer",
    "co_name": "Archer & Daughters",
    "add1": "12 Quay Street",
    "add3": "Galway",
    "add5": "H91 XR5A",
    "add6": "IE",
    "phone": "+353 91 555 012",
    "email": "Alice@example.com",
    "ip": "203.0.113.7",
    "user_text": "",
    "qty": "2",
    "pp": "19.90",
}


@contextmanager
def opened(settings: Settings) -> Opened:
    settings.PARTNERS["swreg"] = {"secrets": [SECRET]}
    yield


def message(form: dict[str, str], secret: str = SECRET) -> list[Message]:
    return [Message(f"/partners/swreg/notify/{secret}/?{urlencode(form)}", method="GET", content_type="")]


SIDE = Side(
    slug="swreg",
    product_code="NB-2",
    opened=opened,
    purchase=lambda: message(ORDER),
    refund=lambda: message({"order_no": "7654321", "refund": "1"}),
    chargeback=None,
    chargeback_reversed=None,
    test_event=None,
    forged=lambda: message(ORDER, "another-secret-for-the-tests"),
    stale=None,
    malformed=lambda: message(ORDER | {"qty": "many"}),
    missing={
        "chargeback": "no notification of chargebacks is known",
        "chargeback_reversed": "no notification of chargebacks is known",
        "test_event": "nothing marks a trial",
        "stale": "nothing is signed, and no time is told",
        "renewal": "there are no subscriptions",
    },
)
