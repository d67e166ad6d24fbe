import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.purchases.partner_side import OTHER_SECRET, SECRET, URL, line, purchase, reversal, signed
from tests.purchases.sides import Message, Opened, Settings, Side

LATER = {"timestamp": "2026-03-02T03:04:06Z"}


@contextmanager
def opened(settings: Settings) -> Opened:
    settings.PARTNERS["standard-webhooks"] = settings.PARTNERS["standard-webhooks"] | {"secrets": [SECRET]}
    yield


def message(payload: Any, event_id: str, **how: Any) -> list[Message]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return [Message(URL, body, signed(body, event_id, **how))]


ORDER = purchase("A-1", [line(code="NB-2", quantity=2)])
RENEWAL = {"order_reference": "A-2", "renews": "A-1", "purchased_at": "2026-12-02T03:04:05Z"}

SIDE = Side(
    slug="standard-webhooks",
    product_code="NB-2",
    opened=opened,
    purchase=lambda: message(ORDER, "msg_1"),
    refund=lambda: message(reversal("refunded"), "msg_2"),
    chargeback=lambda: message(reversal("charged_back"), "msg_3"),
    chargeback_reversed=lambda: message(reversal("chargeback_reversed") | LATER, "msg_4"),
    test_event=lambda: message(ORDER | {"test": True}, "msg_5"),
    forged=lambda: message(ORDER, "msg_1", secret=OTHER_SECRET),
    stale=lambda: message(ORDER, "msg_1", at=datetime.now(UTC) - timedelta(hours=1)),
    malformed=lambda: message(b'{"type": "purchase.completed", "data": []}', "msg_6"),
    renewal=lambda: message({"type": "purchase.renewed", "data": RENEWAL}, "msg_7"),
)
