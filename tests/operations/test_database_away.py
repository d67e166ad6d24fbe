"""The database is away: what needs it says 503, what does not is there, and all of it comes back by itself (docs/failures.md)."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from bench.own_servers import ROOT, HeldSocket, OwnPostgres, gunicorn
from tests.purchases.partner_side import SECRET, URL, purchase, signed
from tests.server import ask
from tests.waiting import wait_for

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]  # the tests' database is what the own one is copied from
AWAY = {"/": "general", "/products/": "general", "/resources/": "resources", "/promotions/": "promotions", "/staff/": "staff"}
THERE = (
    "/privacy/",
    "/privacy/resources/",
    "/privacy/promotions/",
    "/privacy/cookies/",
    "/contact/",
    "/w3c/p3p.xml",
    "/.well-known/security.txt",
)
COOKIES = "; ".join(f"{name}={'a' * 32}" for name in ("session", "authentication", "staff_authentication"))


def environment(folder: Path, postgres: OwnPostgres, redis_url: str = "") -> dict[str, str]:
    own = {"DATABASE_URL": postgres.url, "DATA_DIR": str(folder), "REDIS_URL": redis_url, "STANDARD_WEBHOOKS_SECRETS": SECRET}
    return own | {"INFACTA_MODE": "test", "LOG_LEVEL": "ERROR", "WEB_WORKERS": "1"}


class Site:
    """gunicorn, and whatever else is started; their output lies in one file."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.log, self.variables, self.socket = folder / "log", variables, HeldSocket()
        self.output = self.log.open("ab")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.web = self.socket.start(gunicorn(), self.output, **variables)
        self.processes.append(self.web)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | self.variables, stdout=self.output, stderr=self.output, start_new_session=True
        )
        self.processes.append(process)
        return process

    def get(self, path: str, **headers: str):
        return ask(self.socket.port, path, **headers)

    def notify(self, order: str, event: str = "") -> int:
        body = json.dumps(purchase(order)).encode()
        return ask(self.socket.port, URL, "POST", body.decode(), Content_Type="application/json", **signed(body, event)).status

    def end(self) -> None:
        for process in self.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        self.output.close()
        self.socket.end()


def rows(postgres: OwnPostgres, question: str) -> int:
    connection = psycopg2.connect(postgres.url)
    with connection, connection.cursor() as cursor:
        cursor.execute(question)
        (answer,) = cursor.fetchone()
    connection.close()
    return answer


def children(process: subprocess.Popen[bytes]) -> list[int]:
    return [
        int(pid) for pid in subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()
    ]


@pytest.fixture
def site(tmp_path, postgres) -> Iterator[Site]:
    running = Site(tmp_path, environment(tmp_path, postgres))
    yield running
    running.end()


@pytest.fixture
def away(site, postgres) -> Iterator[None]:
    """The site has served, and then its database went."""
    assert site.get("/").status == 200
    postgres.stop()
    yield
    postgres.start()


def test_pages_that_need_it_say_so_and_the_others_are_there(site, away):
    for path, area in AWAY.items():
        began = time.monotonic()
        answer = site.get(path, Cookie=COOKIES)
        assert (path, answer.status) == (path, 503)
        assert time.monotonic() - began < 3
        assert int(answer.headers["Retry-After"]) > 0
        assert "no-store" in answer.headers["Cache-Control"]
        assert "We will be back in a moment" in answer.text
        assert 'class="ribbon"' in answer.text, area
        assert answer.headers["Content-Security-Policy"]
        assert answer.headers["P3P"]
        assert not answer.headers["Set-Cookie"], "nobody is logged out by it"
    for path in THERE:
        assert (path, site.get(path).status, site.get(path, Cookie=COOKIES).status) == (path, 200, 200)


def test_a_partner_is_told_to_come_again_and_then_it_counts_once(site, postgres):
    assert site.notify("AWAY-0") == 200
    postgres.stop()
    assert [site.notify("AWAY-1", "msg_away") for _time in range(3)] == [503] * 3
    postgres.start()
    assert [site.notify("AWAY-1", "msg_away") for _time in range(2)] == [200, 200], "nobody had to start anything anew"
    assert rows(postgres, "SELECT count(*) FROM purchases_webhookevent WHERE event_key LIKE '%msg_away%'") == 1


def test_it_is_told_once_a_minute_and_not_at_every_request(site, away):
    for _time in range(10):
        assert site.get("/").status == 503
    log = site.log.read_text()
    assert log.count("The database is away") == 1
    assert "Traceback" not in log


def test_a_process_that_starts_meanwhile_waits_for_it(site, postgres, tmp_path):
    """gunicorn replaces its processes now and then; one that cannot start would end all of them."""
    (tmp_path / "erasures.log").write_text(json.dumps({"sequence": 1, "begun_anew": True}) + "\n")
    assert site.get("/").status == 200
    postgres.stop()
    (child,) = children(site.web)
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: children(site.web) not in ([], [child]))
    assert site.get("/privacy/").status == 503, "whether erasures must be replayed is not known yet"
    assert site.web.poll() is None
    postgres.start()
    assert site.get("/privacy/").status == 200
    assert site.get("/").status == 200


def test_workers_and_beat_go_on_when_database_and_broker_are_back(tmp_path, postgres, redis):
    running = Site(tmp_path, environment(tmp_path, postgres, redis.url))
    try:
        celery = str(Path(sys.executable).with_name("celery"))
        worker = running.start(celery, "-A", "infacta", "worker", "-c", "1", "--loglevel", "ERROR")
        beat = running.start(celery, "-A", "infacta", "beat", "-s", str(tmp_path / "beat"), "--pidfile=", "--loglevel", "ERROR")
        work_is_done(running, postgres, "BACK-0")
        postgres.stop()
        redis.stop()
        time.sleep(5)  # sweeps fail, and beat cannot ask
        assert running.notify("BACK-1", "msg_back") == 503
        postgres.start()
        assert running.notify("BACK-1", "msg_back") == 200, "without its broker"
        redis.start()
        work_is_done(running, postgres, "BACK-2")
        wait_for(lambda: rows(postgres, UNTOUCHED) == 0, 60)
        assert worker.poll() is None
        assert beat.poll() is None
    finally:
        running.end()


UNTOUCHED = "SELECT count(*) FROM purchases_webhookevent WHERE state = 'received'"


def work_is_done(site: Site, postgres: OwnPostgres, order: str) -> None:
    """A notification is accepted, and a worker looks at it: there is no such product, which is no matter here."""
    assert site.notify(order) == 200
    try:
        wait_for(lambda: rows(postgres, UNTOUCHED) == 0, 60)
    except AssertionError:
        raise AssertionError(re.sub(r"\s+", " ", site.log.read_text())[-3000:]) from None


def test_the_embedded_worker_goes_on_too(tmp_path, postgres):
    running = Site(tmp_path, environment(tmp_path, postgres))
    try:
        worker = running.start(sys.executable, "manage.py", "work")
        work_is_done(running, postgres, "WORK-0")
        postgres.stop()
        time.sleep(3)
        postgres.start()
        work_is_done(running, postgres, "WORK-1")
        assert worker.poll() is None
        assert running.log.read_text().count("The database is away") <= 2, "once by the worker, and not at each sweep"
    finally:
        running.end()
