"""`manage.py migrate` beside a site that runs: it gives up when a table is in use, and never makes everybody wait (docs/deploying.md)."""

import os
import subprocess
import sys
import time

import psycopg2
import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.db import connection

from operations.management.commands.migrate import Command
from tests.databases import database_address

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
WRITES = "LOCK TABLE rights_subjectrequest IN ROW EXCLUSIVE MODE"  # what every INSERT and UPDATE takes


def migrate(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "migrate", "rights", *arguments]
    environment = os.environ | {"DATABASE_URL": database_address(), "INFACTA_MODE": "test"}
    return subprocess.Popen(command, cwd=site.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def behind():
    """The migration that makes the tables of erasures is not done yet, nor are those after it."""
    assert migrate("0002", "--quiet").wait(60) == 0
    yield
    assert migrate("--quiet").wait(60) == 0


@pytest.fixture
def in_use():
    """Somebody's long transaction has written in a table that the migration needs."""
    other = psycopg2.connect(database_address())
    with other.cursor() as cursor:
        cursor.execute(WRITES)
    yield other
    other.close()


def migrations_done() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations WHERE app = 'rights'")
        return cursor.fetchone()[0]


def test_it_gives_up_and_says_what_to_do_and_nobody_waits_behind_it_for_long(behind, in_use):
    assert migrations_done() == 2
    migration, slowest = migrate("0003", "--lock-timeout", "1"), 0.0
    while migration.poll() is None:
        began = time.monotonic()
        writer = psycopg2.connect(database_address())
        with writer.cursor() as cursor:
            cursor.execute(WRITES)
        writer.close()
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 3
    assert migration.returncode == 1
    assert "A table was in use for longer than 1.0 seconds" in migration.stderr.read()
    assert migrations_done() == 2
    in_use.rollback()
    assert migrate("0003", "--quiet").wait(60) == 0
    assert migrations_done() == 3


def test_it_names_an_index_that_is_half_built():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE twice AS SELECT 1 AS number FROM generate_series(1, 2)")
        with pytest.raises(Exception, match="could not create unique index"):
            cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY half_built ON twice (number)")
        try:
            command = Command()
            command.connection = connection
            assert "DROP INDEX CONCURRENTLY half_built first" in command.half_built()
        finally:
            cursor.execute("DROP TABLE twice")


def test_a_wrong_time_is_refused_and_afterwards_the_connection_waits_as_ever():
    with pytest.raises(CommandError, match="0 or more"):
        call_command("migrate", lock_timeout=-1)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
