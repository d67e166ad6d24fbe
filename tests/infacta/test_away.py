"""What is taken for a part that is away, and what is not: real errors of both databases, and of the disk (docs/failures.md)."""

import errno
import logging
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError

from infacta import away
from infacta.away import DATABASE, DISK, Quiet, part_away, say
from infacta.sentry import named_alone

ROOT = Path(__file__).resolve().parents[2]


def told(kind: type[Exception], why: Exception) -> Exception:
    """As Django raises it."""
    error = kind("in Django's words")
    error.__cause__ = why
    return error


def of_postgres(code: str | None, name: str = "OperationalError") -> Exception:
    """As psycopg2 raises it: the code cannot be set on an error of its own."""
    return type(name, (Exception,), {"pgcode": code})()


@pytest.mark.parametrize("code", [None, "08006", "57P01", "57P02", "57P03", "53300"])
def test_postgresql_that_does_not_answer_is_away(code):
    assert part_away(told(OperationalError, of_postgres(code))) == DATABASE


def test_a_standby_that_only_reads_and_a_connection_that_is_closed_are_away():
    assert part_away(told(InternalError, of_postgres("25006", "ReadOnlySqlTransaction"))) == DATABASE
    assert part_away(told(InterfaceError, of_postgres(None, "InterfaceError"))) == DATABASE


def test_a_full_disk_of_the_database_is_the_disk():
    assert part_away(told(OperationalError, of_postgres("53100", "DiskFull"))) == DISK


@pytest.mark.parametrize(
    "error",
    [
        told(OperationalError, of_postgres("40P01", "DeadlockDetected")),
        told(OperationalError, of_postgres("55P03", "LockNotAvailable")),
        told(OperationalError, of_postgres("57014", "QueryCanceled")),
        told(ProgrammingError, of_postgres("42P01", "UndefinedTable")),
        told(IntegrityError, of_postgres("23505", "UniqueViolation")),
        told(DataError, of_postgres("22001")),
        told(InternalError, of_postgres("25P02", "InFailedSqlTransaction")),
        OSError(errno.EACCES, "no"),
        ValueError(),
        None,
    ],
    ids=repr,
)
def test_a_fault_of_the_site_is_a_fault(error):
    assert part_away(error) == ""


def test_a_locked_and_a_full_sqlite(tmp_path):
    path = tmp_path / "site.sqlite3"
    writer, other = sqlite3.connect(path, isolation_level=None), sqlite3.connect(path, timeout=0, isolation_level=None)
    writer.execute("CREATE TABLE rows (text)")
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as locked:
        other.execute("BEGIN IMMEDIATE")
    writer.execute("COMMIT")
    assert part_away(told(OperationalError, locked.value)) == DATABASE
    writer.execute("PRAGMA max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError) as full:
        writer.execute("INSERT INTO rows VALUES (?)", ["x" * 100_000])
    assert part_away(told(OperationalError, full.value)) == DISK
    with pytest.raises(sqlite3.OperationalError) as wrong:
        writer.execute("SELECT * FROM nothing")
    assert part_away(told(OperationalError, wrong.value)) == ""


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk(number):
    assert part_away(OSError(number, "full")) == DISK


def test_what_it_was_the_cause_of_counts():
    assert part_away(told(ImproperlyConfigured, told(OperationalError, of_postgres(None)))) == DATABASE


def test_it_is_said_once_a_minute_without_what_the_error_says(caplog, monkeypatch):
    monkeypatch.setattr(away, "said", {})
    error = told(OperationalError, of_postgres(None))
    for _time in range(3):
        say(DATABASE, error, logging.getLogger("test"))
    assert [entry.getMessage() for entry in caplog.records] == [away.SENTENCES[DATABASE] % "OperationalError"]
    away.said[DATABASE] -= away.PAUSE
    say(DATABASE, error, logging.getLogger("test"))
    assert len(caplog.records) == 2


@pytest.mark.parametrize(("error", "passes"), [(OSError(errno.ENOSPC, "full"), False), (ValueError("a fault"), True)])
def test_djangos_traceback_is_left_out_of_the_log_for_such_alone(error, passes):
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "", (), (type(error), error, None))
    assert Quiet().filter(record) is passes


@pytest.mark.parametrize(("error", "goes_out"), [(OSError(errno.ENOSPC, "full"), False), (ValueError("a fault"), True)])
def test_nor_does_each_request_meanwhile_become_an_event_at_the_service_for_errors(error, goes_out):
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s", ("/",), (type(error), error, None))
    assert bool(named_alone({"level": "error"}, {"log_record": record})) is goes_out


def test_nor_a_mail(tmp_path):
    """As production sets logging up."""
    code = "from django.conf import settings; print(settings.LOGGING['handlers']['error_mail']['filters'])"
    environment = os.environ | {
        "ERROR_MAIL_TO": "ops@vendor.example",
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "infacta.settings",
    }
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "away" in ran.stdout
