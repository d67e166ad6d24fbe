"""Whatever stands in a form, the answer is 200 or a clear refusal, and an order is granted whole or not at all."""

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from downloads.models import Entitlement, UnlockCode
from purchases.models import Purchase, PurchaseItem, WebhookEvent
from purchases.partners.base import MOST_UNITS, Notice, Partner, Refused
from purchases.tasks import fulfil_due_events

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))  # the nightly run sets 100000
many_forms = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
some_forms = settings(many_forms, max_examples=max(EXAMPLES // 40, 10))  # those that go all the way through the site

awkward = st.sampled_from(
    [
        b"",
        b"-1",
        b"0",
        b"999999999",
        b"1e400",
        b"NaN",
        b"1,5",
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"4111111111111111",
        b"x" * 5000,
        b"31/02/2026",
        b"01/01/9999",
        b"a@b",
        b"=\r\n&",
        "‮ü€".encode(),
    ]
)
values = awkward | st.binary(max_size=30) | st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass"))


def forms(order: dict[str, str]) -> st.SearchStrategy[bytes]:
    """Bodies: the order with some of its fields replaced, left out or added; or anything at all."""
    fields = {name: st.just(value.encode()) for name, value in order.items()}
    changes = st.dictionaries(st.sampled_from(sorted(order)) | st.text(max_size=8), values | st.none(), max_size=4)
    mutated = st.builds(lambda base, changed: encoded(base | changed), st.fixed_dictionaries(fields), changes)
    return mutated | st.binary(max_size=200)


def encoded(form: dict[str, bytes | None]) -> bytes:
    pairs = (
        f"{quote_from_bytes(name.encode('utf-8', 'replace'))}={quote_from_bytes(value)}"
        for name, value in form.items()
        if value is not None
    )
    return "&".join(pairs).encode()


def check_reading(partner: Partner, notice: Notice) -> None:
    """The adapter reads it or refuses it; what it reads fits the columns, and says the same when a worker reads it again."""
    try:
        (notification,) = partner.receive(notice).notifications
    except Refused:
        return
    event, payload = notification.event, json.loads(json.dumps(notification.payload))
    assert partner.event_of(payload, event.event_key) == event
    assert 0 < len(event.event_key) <= 200
    assert len(event.order_reference) <= 70
    assert len(event.raw_type) <= 100
    assert all(0 < (line.quantity or 1) <= MOST_UNITS and len(line.product_code) <= 100 for line in event.lines)


def check(post: Callable[[bytes], Any], body: bytes) -> None:
    """Post it, work on it, and look whether all or nothing is there."""
    assert post(body).status_code in (200, 400, 413)
    fulfil_due_events()
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()
    assert Purchase.objects.count() == Purchase.objects.exclude(items=None).distinct().count()
    units = sum(item.quantity for item in PurchaseItem.objects.all())
    assert units == UnlockCode.objects.count() == sum(owned.units for owned in Entitlement.objects.all())
