"""A notification goes 180 days after it was dealt with; one that was not stays until it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from purchases.models import Purchase, WebhookEvent
from purchases.personal_data import NOTIFICATIONS
from purchases.tasks import purge_events
from tests.purchases.partner_side import line, purchase, reversal

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=181)


def age(by: timedelta) -> None:
    """As it is so much later."""
    for row in WebhookEvent.objects.all():
        row.received_at -= by
        row.handled_at = row.handled_at and row.handled_at - by
        row.save()


def test_what_was_dealt_with_goes_and_the_purchase_stays(told, notebook):
    told(purchase())
    told(purchase("A-2") | {"test": True})
    age(LONG_AGO)
    told(purchase("A-3"))
    assert purge_events() == 2
    assert [row.order_reference for row in WebhookEvent.objects.all()] == ["A-3"]
    assert Purchase.objects.count() == 2


def test_the_day_counts(told, notebook):
    told(purchase())
    age(NOTIFICATIONS.longest - timedelta(minutes=1))
    assert purge_events() == 0
    age(timedelta(minutes=2))
    assert purge_events() == 1


def test_what_is_open_or_failed_never_goes_silently(told, notebook):
    told(purchase(lines=[line(code="UNKNOWN")]))
    told(reversal("refunded", "NOBODYS"))
    told(purchase("A-3"))
    told(reversal("refunded", "A-3", lines=[{"line_number": 9}]))
    WebhookEvent.objects.filter(state="fulfilled").delete()
    age(timedelta(days=4000))
    assert purge_events() == 0
    assert sorted(WebhookEvent.objects.values_list("state", flat=True)) == ["failed", "waiting", "waiting"]


def test_batches_end(told, notebook, monkeypatch):
    monkeypatch.setattr("privacy.retention.batches.BATCH", 2)
    for number in range(5):
        told(purchase(f"A-{number}"))
    WebhookEvent.objects.update(handled_at=timezone.now() - LONG_AGO)
    assert purge_events() == 5
