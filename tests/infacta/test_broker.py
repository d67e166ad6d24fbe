"""The broker only wakes: when it is away, notifications are kept all the same, and hardly anybody waits for it."""

import pytest
from django.test import Client
from kombu.exceptions import OperationalError

from infacta.celery import WakingTask
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events, fulfil_event
from tests.purchases.partner_side import SECRET, post, purchase


@pytest.fixture
def asked(settings, monkeypatch) -> list[int]:
    """What was asked of a broker that does not answer."""
    ours = settings.PARTNERS["standard-webhooks"] | {"secrets": [SECRET]}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": ours}
    settings.CELERY_BROKER_URL = "redis://broker.invalid/0"
    monkeypatch.setattr(WakingTask, "silent_until", 0.0)
    calls: list[int] = []

    def delay(event_id: int) -> None:
        calls.append(event_id)
        raise OperationalError("Connection refused")

    monkeypatch.setattr(fulfil_event, "delay", delay)
    return calls


@pytest.mark.django_db(transaction=True)
def test_notifications_are_kept_and_the_broker_is_left_alone_for_a_while(asked, notebook, monkeypatch):
    for number in range(5):
        assert post(Client(), purchase(f"A-{number}")).status_code == 200
    assert WebhookEvent.objects.count() == 5
    assert len(asked) == 1, "one of them tried, and the others did not wait for it"
    monkeypatch.setattr(WakingTask, "silent_until", 0.0)
    post(Client(), purchase("A-5"))
    assert len(asked) == 2, "after a while it is asked again"
    fulfil_due_events()
    assert Purchase.objects.count() == 6
