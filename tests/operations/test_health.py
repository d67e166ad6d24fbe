"""/healthz and /readyz: what is wrong is told by its part's name, in two seconds, and no more than that to strangers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from bench.own_servers import free_port
from infacta.schedule import SWEEPS
from operations.health import looking, parts
from operations.health.parts import expected
from privacy.models import SweepRun
from tests.server import ask, served

PARTS = {"database": "ok", "migrations": "ok", "disk": "ok", "workers": "ok"}


@pytest.fixture(autouse=True)
def nothing_kept(settings) -> Iterator[None]:
    settings.CELERY_BROKER_URL = ""
    expected()
    looking.kept.clear()
    looking.said.clear()
    yield
    looking.kept.clear()


def all_runs(ago: timedelta = timedelta()) -> list[SweepRun]:
    then = timezone.now() - ago
    return [SweepRun(task=sweep.task, first_at=then - timedelta(days=1), ended_at=then) for sweep in SWEEPS]


def all_swept() -> None:
    SweepRun.objects.bulk_create(all_runs())


@pytest.fixture
def told(monkeypatch) -> list[SweepRun]:
    """What the database tells of sweeps, in tests of everything but the database: each look has a connection of its own, and would see none of a test's rows."""
    runs = all_runs()

    def run(database: parts.Database) -> None:
        database.applied, database.runs = set(expected()), runs

    monkeypatch.setattr(parts.Database, "run", run)
    return runs


def asked(**headers: str):
    looking.kept.clear()
    began = time.monotonic()
    answer = Client().get("/readyz", **headers)
    return answer, time.monotonic() - began


@contextmanager
def hanging() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


def broker(settings, port: int) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"


# Live


def test_live_asks_nothing():
    answer = Client().get("/healthz")  # a query would be an error: this test may use no database
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_head_and_no_other_method(told, path):
    answer = Client().head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert Client().post(path).status_code == 405


# Ready


@pytest.mark.django_db(transaction=True)
def test_ready():
    all_swept()
    answer, _seconds = asked()
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "parts": PARTS})
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert b"ribbon" not in answer.content


def test_no_worker_was_ever_there(told):
    told.clear()
    answer, _seconds = asked()
    assert (answer.status_code, answer.json()["parts"]) == (503, PARTS | {"workers": "not ready"})


def test_whoever_asks_about_web_hosts_leaves_the_workers_out(told):
    told.clear()
    looking.kept.clear()
    answer = Client().get("/readyz?exclude=workers,beat,nonsense")
    assert (answer.status_code, set(answer.json()["parts"])) == (200, {"database", "migrations", "disk"})


def test_one_sweep_that_is_late_is_the_workers_and_named_to_staff_alone(told, settings):
    next(run for run in told if run.task == "audit.tasks.seal_events").ended_at = timezone.now() - timedelta(hours=1)
    answer, _seconds = asked()
    assert answer.json()["parts"]["workers"] == "not ready"
    assert "seal_events" not in answer.content.decode()
    settings.METRICS_NETWORKS = ["127.0.0.0/8"]
    assert "audit.tasks.seal_events" in asked()[0].json()["details"]["workers"]


def test_a_full_disk_and_a_folder_that_is_gone(told, settings, tmp_path):
    settings.DISK_LEAST_MB = 10**9
    assert asked()[0].json()["parts"] == PARTS | {"disk": "not ready"}
    settings.DISK_LEAST_MB, settings.DATA_DIR = 1, tmp_path / "gone"
    assert asked()[0].json()["parts"] == PARTS | {"disk": "not ready"}


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_is_not_applied(settings):
    all_swept()
    recorder = MigrationRecorder(connections["default"])
    row = recorder.migration_qs.filter(app="audit").last()
    recorder.record_unapplied(row.app, row.name)
    try:
        settings.METRICS_NETWORKS = ["127.0.0.1"]
        answer, _seconds = asked()
        assert (answer.status_code, answer.json()["parts"]["migrations"]) == (503, "not ready")
        assert f"audit {row.name}" in answer.json()["details"]["migrations"]
    finally:
        recorder.record_applied(row.app, row.name)


def test_redis_is_away(told, settings):
    broker(settings, free_port())
    answer, seconds = asked()
    assert (answer.status_code, answer.json()["parts"]) == (503, PARTS | {"broker": "not ready", "beat": "ok"})
    assert seconds < 2.5


def test_redis_hangs(told, settings):
    with hanging() as port:
        broker(settings, port)
        answer, seconds = asked()
    assert (answer.status_code, answer.json()["parts"]["broker"]) == (503, "not ready")
    assert seconds < 2.5


@pytest.mark.parametrize(("waiting", "fault"), [(0, "beat"), (3, "workers")])
def test_who_is_away_workers_or_beat(told, settings, monkeypatch, waiting, fault):
    """Messages that nobody takes are the workers' fault; where there are none, nobody sent any."""
    told[:] = all_runs(timedelta(minutes=10))
    broker(settings, free_port())
    monkeypatch.setattr(parts.Broker, "run", lambda self: setattr(self, "waiting", waiting))
    found = asked()[0].json()["parts"]
    assert {name for name, state in found.items() if state != "ok"} == {fault}


@pytest.fixture
def other_database(monkeypatch):
    """Points the looks, and nothing else, at a PostgreSQL on a port of the test's own."""

    def point(port: int) -> None:
        def elsewhere(values, vendor):
            return values | {"HOST": "127.0.0.1", "PORT": str(port)} | {"OPTIONS": {"connect_timeout": 2}}

        monkeypatch.setattr(parts, "impatient", elsewhere)

    return point


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_database_is_away(other_database):
    other_database(free_port())
    answer, seconds = asked()
    assert answer.status_code == 503
    assert {name for name, state in answer.json()["parts"].items() if state != "ok"} == {"database", "migrations", "workers"}
    assert seconds < 2.5


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_database_hangs(other_database):
    with hanging() as port:
        other_database(port)
        answer, seconds = asked()
    assert (answer.status_code, answer.json()["parts"]["database"]) == (503, "not ready")
    assert 0.5 < seconds < 2.5


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_lock_on_what_is_read_holds_nobody_up():
    all_swept()
    locker = connections["default"].copy()
    try:
        locker.set_autocommit(False)
        with locker.cursor() as cursor:
            cursor.execute("LOCK TABLE privacy_sweeprun IN ACCESS EXCLUSIVE MODE")
        answer, seconds = asked()
    finally:
        locker.rollback()
        locker.close()
    assert (answer.status_code, answer.json()["parts"]["database"]) == (503, "not ready")
    assert seconds < 2.5


def test_many_who_ask_at_once_are_one_look(told, monkeypatch):
    looks = []
    real = looking.look
    monkeypatch.setattr(looking, "look", lambda: (looks.append(1), time.sleep(0.2), real())[-1])
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(Client().get("/readyz").status_code)) for _number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (found, len(looks)) == ([200] * 8, 1)


def test_the_log_has_a_line_when_it_changes_and_not_at_each_look(told, settings, caplog):
    broker(settings, free_port())
    for _look in range(3):
        asked()
    settings.CELERY_BROKER_URL = ""
    asked()
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1
    assert lines[0].startswith("broker: ")


# Who asks, and how


HOST = "customers.vendor.example"


def test_a_load_balancer_asks_by_address_and_without_https(tmp_path):
    """Over the real server; anybody else is sent to HTTPS, and a wrong host is refused as everywhere."""
    with served(tmp_path, SITE_URL=f"https://{HOST}", ALLOWED_HOSTS=HOST, TRUSTED_PROXIES="127.0.0.1") as port:
        bare = ask(port, "/healthz", Host="10.1.2.3")
        assert (bare.status, bare.text, bare.headers["Set-Cookie"]) == (200, '{"status": "ok"}', None)
        assert ask(port, "/readyz", Host="10.1.2.3").status == 503, "it has no worker"
        assert "details" not in ask(port, "/readyz", Host=HOST).text
        stranger = ask(port, "/healthz", Host=HOST, X_Forwarded_For="203.0.113.9")
        assert (stranger.status, stranger.headers["Location"]) == (301, f"https://{HOST}/healthz")
        over_https = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}
        assert ask(port, "/healthz", Host=HOST, **over_https).status == 200
        assert ask(port, "/healthz", Host="elsewhere.example", **over_https).status == 400
        assert ask(port, "/metrics", Host=HOST).status == 301, "nobody may read them, and so it is an address like any other"
        assert ask(port, "/metrics", Host=HOST, X_Forwarded_Proto="https").status == 404
