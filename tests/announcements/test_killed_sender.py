"""Workers that are killed while they send: nobody is mailed twice, nobody is lost, and of a few it is unknown (issue: at most K a kill)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from django.conf import settings as site
from django.utils import timezone

from announcements.models import Delivery, State
from announcements.sending import listing, queue, rate, working
from announcements.tasks import reclaim_deliveries
from tests.announcements.mailing import adds_up, join, make_announcement, make_customers
from tests.announcements.smtp_server import SmtpServer, smtp_server
from tests.databases import database_address
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
RECIPIENTS, KILLS, INTENTS = 300, 4, 20


@pytest.fixture
def server(settings) -> Iterator[SmtpServer]:
    with smtp_server(settings) as server:
        server.pause = 0.01
        yield server


def start_worker(tmp_path, server: SmtpServer) -> subprocess.Popen[bytes]:
    """`manage.py work`, as an operator starts it, on the tests' database, without a broker."""
    address = database_address()
    own = {"INFACTA_MODE": "test", "DATABASE_URL": address, "REDIS_URL": "", "DATA_DIR": str(tmp_path)}
    own |= {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}", "ANNOUNCEMENTS_INTENTS": str(INTENTS)}
    return subprocess.Popen([sys.executable, "manage.py", "work"], cwd=site.BASE_DIR, env=os.environ | own, stderr=subprocess.DEVNULL)


def wait_until(reached, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def test_workers_killed_while_they_send_mail_nobody_twice_and_lose_nobody(tmp_path, server):
    make_customers(RECIPIENTS)
    announcement = make_announcement()
    for kill in range(KILLS):
        workers = [start_worker(tmp_path, server) for _number in range(2)]
        enough = len(server.received) + RECIPIENTS // (KILLS + 3)
        wait_until(lambda enough=enough: len(server.received) >= enough)
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
            assert worker.wait(10) == -signal.SIGKILL
        assert len(server.received) < RECIPIENTS, f"kill {kill} came too late to prove anything"
        Delivery.objects.filter(lease_until__gt=timezone.now()).update(lease_until=timezone.now())
        reclaim_deliveries()
    worker = start_worker(tmp_path, server)
    try:
        wait_until(lambda: announcement.deliveries.count() and type(announcement).objects.get().state == State.SENT)
    finally:
        worker.terminate()
        worker.wait(20)
    announcement.refresh_from_db()
    assert set(server.counts.values()) == {1}
    assert adds_up(announcement)
    assert announcement.total == RECIPIENTS == announcement.sent + announcement.unknown
    assert announcement.unknown <= KILLS * 2 * INTENTS
    assert announcement.sent <= len(server.received) <= RECIPIENTS


def test_many_workers_never_claim_the_same(server):
    make_customers(200)
    announcement = make_announcement(state=State.PREPARING)
    while listing.list_range(announcement):
        pass
    claims = at_once(lambda _number: queue.claim(announcement.pk, 30), range(6))
    claimed = [pk for held in claims for pk in held.deliveries]
    assert len(claimed) == len(set(claimed)) == 180
    assert Delivery.objects.filter(state="claimed", lease_until__gt=timezone.now() + timedelta(minutes=4)).count() == 180


def test_many_that_list_at_once_list_everybody_once():
    make_customers(500)
    announcement = make_announcement(state=State.PREPARING)

    def prepare(_number: int) -> None:
        working.prepare(type(announcement).objects.get(), until=time.monotonic() + 30)

    at_once(prepare, range(4))
    announcement.refresh_from_db()
    assert (announcement.state, announcement.total, Delivery.objects.count()) == (State.SENDING, 500, 500)


def test_whoever_is_overtaken_while_listing_does_not_think_that_all_are_listed(monkeypatch):
    monkeypatch.setattr("announcements.sending.listing.RANGE", 10)
    make_customers(120)
    for number in range(40):
        join(f"joined{number}@example.net")
    announcement = make_announcement(state=State.PREPARING)

    def prepare(_number: int) -> None:
        working.prepare(type(announcement).objects.get(), until=time.monotonic() + 30)

    at_once(prepare, range(2))
    announcement.refresh_from_db()
    assert (announcement.state, announcement.total, Delivery.objects.count()) == (State.SENDING, 160, 160)


def test_counters_are_right_when_workers_write_them_at_once(server):
    """Each settles its own deliveries, one at a time, upon the same row of counters."""
    make_customers(200)
    announcement = make_announcement(state=State.PREPARING, frozen_subject="x", frozen_text="x", frozen_html="x")
    working.prepare(announcement, until=time.monotonic() + 30)

    def settle(_number: int) -> None:
        held = queue.claim(announcement.pk, 50)
        behind: list[queue.Result] = []
        for pk in held.deliveries:
            assert queue.turn(held, behind, [pk]) == {pk: 1}
            behind = [queue.Result(pk, queue.DeliveryState.SENT if pk % 2 else queue.DeliveryState.FAILED, "", timezone.now())]
        queue.turn(held, behind, [])

    at_once(settle, range(4))
    assert adds_up(announcement)
    assert announcement.sent == announcement.failed == 100


def test_many_workers_share_the_rate(settings):
    settings.ANNOUNCEMENTS_PER_SECOND = 10
    rate.grant(within=60)
    grants = at_once(lambda _number: rate.grant(within=60), range(6))
    waits = sorted(grant.wait for grant in grants)
    assert [grant.mails for grant in grants] == [10] * 6
    assert all(later - earlier > 0.5 for earlier, later in pairwise(waits))
    assert 4.5 < waits[-1] <= 6
