"""The broker only wakes: when it is away, notifications are kept all the same, and hardly anybody waits for it."""

import socket
import time
from collections.abc import Iterator

import pytest
from django.test import Client

from bench.own_servers import free_port
from infacta.celery import WakingTask, app
from infacta.schedule import SWEEPS
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases.partner_side import SECRET, post, purchase


@pytest.fixture(params=["nothing listens", "it never answers"])
def broker_away(request, settings, monkeypatch) -> Iterator[None]:
    """Redis is configured, and nothing listens where it should be, or it hangs; the real client of Redis finds out."""
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1] if request.param == "it never answers" else free_port()
    ours = settings.PARTNERS["standard-webhooks"] | {"secrets": [SECRET]}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": ours}
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    monkeypatch.setattr(WakingTask, "silent_until", 0.0)
    monkeypatch.setattr(app.conf, "broker_url", settings.CELERY_BROKER_URL)
    monkeypatch.setattr(app.conf, "broker_write_url", settings.CELERY_BROKER_URL)
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    yield
    app.amqp._producer_pool = app._pool = None
    silent.close()


def tries(caplog) -> int:
    return sum("The broker did not take" in entry.getMessage() for entry in caplog.records)


@pytest.mark.django_db(transaction=True)
def test_notifications_are_kept_and_the_broker_is_left_alone_for_a_while(broker_away, notebook, caplog, monkeypatch):
    began = time.monotonic()
    assert post(Client(), purchase("A-0")).status_code == 200
    assert time.monotonic() - began < 2.5, "a second for the broker, and what the site itself takes on a busy machine"
    began = time.monotonic()
    for number in range(1, 5):
        assert post(Client(), purchase(f"A-{number}")).status_code == 200
    assert time.monotonic() - began < 2
    assert WebhookEvent.objects.count() == 5
    assert tries(caplog) == 1, "one of them tried, and the others did not wait for it"
    monkeypatch.setattr(WakingTask, "silent_until", 0.0)
    assert post(Client(), purchase("A-5")).status_code == 200
    assert tries(caplog) == 2, "after a while it is asked again"
    fulfil_due_events()
    assert Purchase.objects.count() == 6


def test_every_sweep_of_the_schedule_is_a_task_that_workers_of_a_broker_know():
    app.loader.import_default_modules()
    assert [sweep.task for sweep in SWEEPS if sweep.task not in app.tasks] == []
