import json
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tests.purchases.sides import Message, Opened, Settings, Side
from tests.purchases.stripe_side import MARCH, OTHER_SECRET, SECRET, URL, charge, completed, dispute, event, invoice, signed, subscribed

ORDER = subscribed(metadata={"line_1": "NB-2*2"})
BY_INVOICE = {"payment_intent": None, "invoice": "in_1Nq0001"}


@contextmanager
def opened(settings: Settings) -> Opened:
    settings.PARTNERS["stripe"] |= {"secrets": [SECRET], "tolerance": timedelta(minutes=5), "api_key": ""}
    yield


def message(payload: Any, **how: Any) -> list[Message]:
    body = json.dumps(payload).encode()
    return [Message(URL, body, signed(body, **how))]


SIDE = Side(
    slug="stripe",
    product_code="NB-2",
    opened=opened,
    purchase=lambda: message(ORDER),
    refund=lambda: message(charge(**BY_INVOICE)),
    chargeback=lambda: message(dispute(**BY_INVOICE)),
    chargeback_reversed=lambda: message(dispute("closed", "won", MARCH, **BY_INVOICE)),
    test_event=lambda: message(completed() | {"livemode": False}),
    forged=lambda: message(ORDER, secret=OTHER_SECRET),
    stale=lambda: message(ORDER, at=time.time() - 3600),
    malformed=lambda: message(event("checkout.session.completed", {"id": "cs_1", "payment_status": "paid", "currency": 7})),
    renewal=lambda: message(invoice()),
)
