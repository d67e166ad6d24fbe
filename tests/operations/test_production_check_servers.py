"""What `manage.py production_check` says of PostgreSQL and Redis, as they should be and as they should not."""

import subprocess
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from bench.own_servers import free_port
from operations.production import broker, database
from operations.production.findings import Asked, Level

pytestmark = pytest.mark.django_db
ASKED = Asked()
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="it asks PostgreSQL: set DATABASE_URL, as .ci/run does")


def test_another_database_than_postgresql_is_wrong():
    if connection.vendor == "postgresql":
        assert database.version(ASKED).level == Level.OK
    else:
        assert "production needs PostgreSQL" in database.version(ASKED).sentence


def test_what_is_not_there_is_never_called_right(settings, monkeypatch):
    settings.REDIS_URL = ""
    for look in (broker.memory, broker.kept, broker.password, broker.databases):
        found = look(ASKED)
        assert (found.level, "there is no Redis" in found.sentence) == (Level.WARNING, True)
    monkeypatch.setattr(database, "connection", SimpleNamespace(vendor="sqlite", display_name="SQLite"))
    for look in (database.encoding, database.durability, database.password, database.connections, database.clock):
        found = look(ASKED)
        assert (found.level, "the database is SQLite" in found.sentence) == (Level.WARNING, True)


@on_postgresql
def test_postgresql_as_it_should_be_and_as_it_should_not(monkeypatch):
    assert database.migrations(ASKED).level == database.encoding(ASKED).level == database.clock(ASKED).level == Level.OK
    assert database.durability(ASKED).level == Level.OK
    assert database.connections(ASKED).level == Level.OK
    monkeypatch.setenv("WEB_WORKERS", "40")
    assert "raise it" in database.connections(ASKED).sentence
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    assert "synchronous_commit is off" in database.durability(ASKED).sentence
    late = timezone.now() + timedelta(seconds=40)
    monkeypatch.setattr(database.timezone, "now", lambda: late)
    assert database.clock(ASKED).level == Level.WRONG


@on_postgresql
def test_a_database_that_lets_everybody_in(settings, monkeypatch):
    parts = settings.DATABASES["default"]
    for host, password, level in (
        ("", "", Level.OK),
        ("127.0.0.1", "", Level.WRONG),
        ("127.0.0.1", "secret", Level.OK),
        ("10.0.0.5", "secret", Level.WRONG),
    ):
        monkeypatch.setattr(database, "settings", SimpleNamespace(DATABASES={"default": parts | {"HOST": host, "PASSWORD": password}}))
        assert database.password(ASKED).level == level, host


def test_redis_that_is_away(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert "does not answer (ConnectionError)" in broker.answers(ASKED).sentence
    settings.REDIS_URL = ""
    assert broker.answers(ASKED).level == Level.WRONG


@pytest.mark.parametrize(
    ("address", "level"),
    [
        ("redis://:secret@127.0.0.1:6379/0", Level.OK),
        ("redis://127.0.0.1:6379/0", Level.WARNING),
        ("redis://10.0.0.5:6379/0", Level.WRONG),
        ("rediss://:secret@10.0.0.5:6379/0", Level.OK),
    ],
)
def test_redis_without_a_password(settings, address, level):
    settings.REDIS_URL = address
    assert broker.password(ASKED).level == level


def test_redis_as_it_should_be_and_as_it_should_not(tmp_path, settings):
    """On a Redis of the test's own, which starts with what it should not be."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen([*command, "--maxmemory-policy", "allkeys-lru"], stdout=subprocess.DEVNULL)
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    try:
        for _try in range(100):
            if broker.answers(ASKED).level == Level.OK:
                break
            time.sleep(0.05)
        assert "allkeys-lru" in broker.memory(ASKED).sentence
        assert broker.kept(ASKED).level == Level.WARNING
        broker.server().config_set("maxmemory-policy", "noeviction")
        broker.server().config_set("appendonly", "yes")
        assert broker.memory(ASKED).level == broker.kept(ASKED).level == Level.OK
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": settings.REDIS_URL}}
        assert broker.databases(ASKED).level == Level.WRONG
    finally:
        server.kill()
        server.wait(10)
