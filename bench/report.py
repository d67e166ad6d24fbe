"""The report of a customer with 100,000 audit events and 2,000 purchases, beside that of one who has next to nothing (promise C17)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from bench.figures import Figure
from downloads.models import Entitlement, Product, UnlockCode
from purchases.models import Purchase, PurchaseItem, PurchaseReference, WebhookEvent
from rights.models import Kind, SubjectRequest
from rights.report import safe

EVENTS = int(os.environ.get("BENCH_EVENTS", "100000"))
PURCHASES = int(os.environ.get("BENCH_PURCHASES", "2000"))
OTHERS = 100
MEGABYTE = 1_000_000


def reports() -> Iterator[Figure]:
    product = Product.objects.create(code="NOTEBOOK", slug="notebook", name="Notebook", unlock_prefix="NTE")
    small, large = customer("small"), customer("large")
    crowd = [customer(f"other{number}") for number in range(OTHERS)]
    fill(small, product, events=20, purchases=2)
    fill(large, product, events=EVENTS, purchases=PURCHASES)
    for other in crowd:
        fill(other, product, events=500, purchases=100)
    told_small, told_large = made_of(small), made_of(large)
    yield Figure(f"report of {EVENTS:,} audit events and {PURCHASES:,} purchases", told_large["seconds"], "s", goal=60, at_most=True)
    yield Figure("… of a customer with 20 events and 2 purchases", told_small["seconds"], "s")
    yield Figure("… size of the ZIP", told_large["size"] / MEGABYTE, "MB")
    growth = told_large["peak"] - told_small["peak"]
    yield Figure("memory at most, small report", told_small["peak"] / MEGABYTE, "MB")
    yield Figure("memory at most, more for the large one", growth / MEGABYTE, "MB", goal=20, at_most=True)
    yield Figure("queries, small report", told_small["queries"])
    more = told_large["queries"] - told_small["queries"] - told_large["beats"]
    yield Figure("queries, more for the large one, but for those that say how far it is", more, goal=0, at_most=True)


def customer(name: str) -> User:
    return User.objects.create_user(f"{name}@example.com", "-", name=name.title())


def fill(user: User, product: Product, events: int, purchases: int) -> None:
    """What a customer of many years has: orders with what hangs on them, and a line for everything that was done."""
    now = timezone.now()
    owned = Entitlement.objects.bulk_create([Entitlement(user=user, product=product, units=1) for _one in range(purchases)])
    orders = Purchase.objects.bulk_create(
        [
            Purchase(user=user, partner="plimus", order_reference=f"{user.pk}-{number}", email=user.email, name=user.name, purchased_at=now)
            for number in range(purchases)
        ],
        batch_size=1000,
    )
    PurchaseItem.objects.bulk_create(
        [
            PurchaseItem(purchase=order, line_number=1, product_code="NOTEBOOK", entitlement=mine)
            for order, mine in zip(orders, owned, strict=True)
        ],
        batch_size=1000,
    )
    PurchaseReference.objects.bulk_create(
        [PurchaseReference(purchase=order, partner="plimus", reference=f"r-{order.pk}", role="order") for order in orders]
    )
    UnlockCode.objects.bulk_create([UnlockCode(entitlement=mine, unit=1, code=f"NTE-{mine.pk}", digest=f"{mine.pk:064}") for mine in owned])
    payload = {"email": user.email, "name": user.name, "items": [{"code": "NOTEBOOK", "quantity": 1}]}
    WebhookEvent.objects.bulk_create(
        [
            WebhookEvent(
                partner="plimus", event_key=f"e-{order.pk}", order_reference=order.order_reference, payload=payload, kind="purchase"
            )
            for order in orders
        ],
        batch_size=1000,
    )
    detail = {"product": "NOTEBOOK", "file": "notebook-1.0.zip"}
    for first in range(0, events, 10_000):
        AuditEvent.objects.bulk_create(
            [
                AuditEvent(kind="download.taken", user=user, at=now - timedelta(seconds=number), ip="203.0.113.1", detail=detail)
                for number in range(first, min(first + 10_000, events))
            ]
        )


def made_of(user: User) -> dict[str, Any]:
    """What a worker of its own says of the report that it made."""
    asked = SubjectRequest.objects.create(kind=Kind.REPORT, user=user)
    worker = subprocess.run([sys.executable, "-m", "bench.report_worker", str(asked.pk)], capture_output=True, text=True, check=False)
    assert worker.returncode == 0, worker.stderr
    told: dict[str, Any] = json.loads(worker.stdout)
    asked.refresh_from_db()
    assert asked.state == "done", asked.problem
    with safe.reader(asked.report.name) as reader:
        assert reader.size == told["size"] == asked.report.size
    return told


MEASURES = (reports,)
