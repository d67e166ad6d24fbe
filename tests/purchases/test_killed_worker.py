"""A worker that is killed in the middle of its work loses nothing and does nothing twice."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings as site
from django.test import Client

from accounts.models import User
from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import Purchase, WebhookEvent
from tests.databases import database_address
from tests.purchases.partner_side import BUYER, post, purchase

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ORDERS, KILLS = 60, 6


def start_worker(tmp_path) -> subprocess.Popen[bytes]:
    """`manage.py work`, as an operator starts it, on the tests' database, without a broker."""
    address = database_address()
    environment = os.environ | {"INFACTA_MODE": "test", "DATABASE_URL": address, "REDIS_URL": "", "DATA_DIR": str(tmp_path)}
    return subprocess.Popen([sys.executable, "manage.py", "work"], cwd=site.BASE_DIR, env=environment, stderr=subprocess.DEVNULL)


def wait_for(orders: int, seconds: float = 60) -> None:
    """Until so many orders are recorded."""
    end = time.monotonic() + seconds
    while Purchase.objects.count() < orders:
        assert time.monotonic() < end, f"only {Purchase.objects.count()} of {orders} orders after {seconds} seconds"
        time.sleep(0.005)


def test_workers_killed_again_and_again_lose_nothing(tmp_path, notebook):
    for number in range(ORDERS):
        assert post(Client(), purchase(f"A-{number}", buyer=BUYER | {"email": f"buyer{number % 9}@example.com"})).status_code == 200
    for kill in range(KILLS):
        worker = start_worker(tmp_path)
        wait_for(Purchase.objects.count() + ORDERS // (KILLS + 2))
        os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL
        assert Purchase.objects.count() < ORDERS, f"kill {kill} came too late to prove anything"
    worker = start_worker(tmp_path)
    try:
        wait_for(ORDERS)
    finally:
        worker.terminate()
        worker.wait(10)
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"fulfilled"}
    assert UnlockCode.objects.count() == OutgoingMail.objects.count() == ORDERS
    assert User.objects.count() == 9
