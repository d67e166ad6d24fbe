"""Workers that are told to stop finish what they have in hand, or hand it back, and another does it: once, whatever happens (docs/deploying.md)."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as site
from django.db import connection
from django.test import Client

from bench.own_servers import OwnRedis
from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import Purchase, WebhookEvent
from tests.purchases.partner_side import SECRET, post, purchase

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
CELERY = str(Path(sys.executable).with_name("celery"))


def address() -> str:
    parts = connection.settings_dict
    return f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


class Hands:
    """Processes on the tests' database and a broker of their own; what they say lies in one file."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.log, self.processes = folder / "log", []
        self.variables = {"INFACTA_MODE": "test", "DATABASE_URL": address(), "REDIS_URL": redis_url, "DATA_DIR": str(folder)}

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                command, cwd=site.BASE_DIR, env=os.environ | self.variables, stdout=output, stderr=output, start_new_session=True
            )
        self.processes.append(process)
        return process

    def celery(self) -> subprocess.Popen[bytes]:
        name = f"worker{len(self.processes)}@%h"
        return self.start(CELERY, "-A", "infacta", "worker", "-c", "1", "-n", name, "--loglevel", "INFO")

    def work(self) -> subprocess.Popen[bytes]:
        return self.start(sys.executable, "manage.py", "work")

    def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, re.sub(r"\s+", " ", self.log.read_text())[-3000:]
            time.sleep(0.05)

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


@pytest.fixture
def hands(tmp_path, redis: OwnRedis, settings, monkeypatch) -> Iterator[Hands]:
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": settings.PARTNERS["standard-webhooks"] | {"secrets": [SECRET]}}
    settings.CELERY_BROKER_URL = ""  # workers are woken by the test alone
    subprocess.run(["redis-cli", "-p", str(redis.port), "flushall"], check=True, stdout=subprocess.DEVNULL)
    running = Hands(tmp_path, redis.url)
    yield running
    running.end()


class Held:
    """Somebody else has the row of Alice's account, so that whoever fulfils an order of hers waits in the middle of it."""

    def __init__(self, user: int) -> None:
        self.other = psycopg2.connect(address())
        with self.other.cursor() as cursor:
            cursor.execute("SELECT id FROM accounts_user WHERE id = %s FOR UPDATE", [user])

    def is_waited_for(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            return bool(cursor.fetchone()[0])

    def let_go(self) -> None:
        self.other.close()


@pytest.fixture
def held(alice) -> Iterator[Held]:
    holder = Held(alice.pk)
    yield holder
    holder.let_go()


def ask(hands: Hands, task: str = "purchases.tasks.fulfil_due_events") -> None:
    """A wake-up, as beat sends them."""
    command = [CELERY, "-A", "infacta", "call", task]
    subprocess.run(command, cwd=site.BASE_DIR, env=os.environ | hands.variables, check=True, stdout=subprocess.DEVNULL)


def order(number: int) -> None:
    assert post(Client(), purchase(f"STOP-{number}")).status_code == 200


def is_done_once(orders: int) -> None:
    """By its effects: purchase, unlock code and mail, one each; Alice's own order came before."""
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"fulfilled"}
    assert Purchase.objects.count() == orders
    assert UnlockCode.objects.count() == 1 + orders
    assert OutgoingMail.objects.filter(cause__startswith="purchase:standard-webhooks:").count() == orders


def test_a_worker_finishes_what_it_has_in_hand(hands, held):
    order(1)
    worker = hands.celery()
    ask(hands)
    hands.wait_for(held.is_waited_for)
    worker.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert worker.poll() is None, "it waits for its task"
    held.let_go()
    assert worker.wait(30) == 0
    is_done_once(1)


def test_what_is_not_finished_in_time_is_rolled_back_and_another_does_it(hands, held):
    """systemd kills what is still there after TimeoutStopSec."""
    order(1)
    worker = hands.celery()
    ask(hands)
    hands.wait_for(held.is_waited_for)
    worker.send_signal(signal.SIGTERM)
    time.sleep(1)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    assert (WebhookEvent.objects.get().state, Purchase.objects.count()) == ("received", 0)
    held.let_go()
    hands.celery()
    ask(hands)
    hands.wait_for(lambda: Purchase.objects.count() == 1)
    is_done_once(1)


def test_the_embedded_worker_finishes_its_sweep_and_begins_no_other(hands, held):
    order(1)
    worker = hands.work()
    hands.wait_for(held.is_waited_for)
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert worker.poll() is None
    held.let_go()
    assert worker.wait(30) == 0
    is_done_once(1)
    assert OutgoingMail.objects.get(cause__startswith="purchase:standard-webhooks:").state == "pending", (
        "the next sweep is for another worker"
    )


def test_the_embedded_worker_stops_between_two_sweeps(hands):
    worker = hands.work()
    order(1)
    hands.wait_for(lambda: WebhookEvent.objects.get().state != "received")
    hands.wait_for(has_gone_round)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 0


def has_gone_round() -> bool:
    """The last sweep of the schedule was through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM privacy_sweeprun WHERE task = 'privacy.tasks.execute_retention'")
        return bool(cursor.fetchone()[0])


def test_a_worker_of_celery_goes_on_when_its_broker_was_killed(hands, redis, alice):
    hands.celery()
    ask(hands)
    order(1)
    ask(hands)
    hands.wait_for(lambda: Purchase.objects.count() == 1)
    redis.kill()
    order(2)
    time.sleep(3)
    redis.start()
    ask(hands)
    hands.wait_for(lambda: Purchase.objects.count() == 2)
    is_done_once(2)
