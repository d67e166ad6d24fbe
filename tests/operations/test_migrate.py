"""`manage.py migrate` beside a site that runs: it gives up when a table is in use, and never makes everybody wait (docs/deploying.md)."""

import threading
import time

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
BACK = ("rights", "0002")
WRITES = "LOCK TABLE rights_subjectrequest IN ROW EXCLUSIVE MODE"  # what every INSERT and UPDATE takes


def address() -> str:
    parts = connection.settings_dict
    return f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


@pytest.fixture
def behind():
    """One migration is not done yet."""
    call_command("migrate", *BACK, verbosity=0)
    yield
    call_command("migrate", "rights", verbosity=0)


@pytest.fixture
def in_use():
    """Somebody's long transaction has written in a table that the migration needs."""
    other = psycopg2.connect(address())
    with other.cursor() as cursor:
        cursor.execute(WRITES)
    yield other
    other.close()


def applied() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations WHERE app = 'rights' AND name LIKE '0003%'")
        return bool(cursor.fetchone()[0])


def test_it_gives_up_and_says_what_to_do(behind, in_use):
    began = time.monotonic()
    with pytest.raises(CommandError, match=r"in use for longer than 0\.5 seconds") as refusal:
        call_command("migrate", "rights", lock_timeout=0.5, verbosity=0)
    assert refusal.value.returncode == 1
    assert time.monotonic() - began < 5
    assert not applied()
    in_use.rollback()
    call_command("migrate", "rights", verbosity=0)
    assert applied()


def test_whoever_writes_meanwhile_does_not_wait_for_long(behind, in_use):
    migration = threading.Thread(target=migrate_in_vain)
    migration.start()
    time.sleep(0.3)
    began = time.monotonic()
    writer = psycopg2.connect(address())
    with writer.cursor() as cursor:
        cursor.execute(WRITES)
    assert time.monotonic() - began < 2
    writer.close()
    migration.join()


def migrate_in_vain() -> None:
    with pytest.raises(CommandError):
        call_command("migrate", "rights", lock_timeout=1, verbosity=0)
    connection.close()


def test_afterwards_the_connection_waits_as_ever(db):
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
