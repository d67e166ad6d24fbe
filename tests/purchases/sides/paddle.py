import json
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tests.purchases.paddle_side import (
    MARCH,
    OTHER_SECRET,
    SANDBOX_SECRET,
    SECRET,
    URL,
    address,
    adjustment,
    completed,
    customer,
    event,
    item,
    renewed,
    signed,
)
from tests.purchases.sides import Message, Opened, Settings, Side

ORDER = completed(line_items=[item(price="NB-2")])


@contextmanager
def opened(settings: Settings) -> Opened:
    own = {"secrets": [SECRET], "sandbox_secrets": [SANDBOX_SECRET], "tolerance": timedelta(seconds=5), "api_key": ""}
    settings.PARTNERS["paddle"] |= own
    yield


def message(payload: Any, **how: Any) -> list[Message]:
    body = json.dumps(payload).encode()
    return [Message(URL, body, signed(body, **how))]


SIDE = Side(
    slug="paddle",
    product_code="NB-2",
    opened=opened,
    purchase=lambda: [*message(ORDER), *message(address()), *message(customer())],
    refund=lambda: message(adjustment()),
    chargeback=lambda: message(adjustment("chargeback")),
    chargeback_reversed=lambda: message(adjustment("chargeback_reverse", occurred_at=MARCH)),
    test_event=lambda: [*message(ORDER, secret=SANDBOX_SECRET), *message(customer(), secret=SANDBOX_SECRET)],
    forged=lambda: message(ORDER, secret=OTHER_SECRET),
    stale=lambda: message(ORDER, at=time.time() - 3600),
    malformed=lambda: message(event("transaction.completed", {"id": 7})),
    renewal=lambda: message(renewed()),
)
