"""The hands that reach into the audit log: of somebody who owns the database, and of a clock that runs faster for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from audit import retention
from audit.kinds import Kind
from audit.models import AuditEvent

TABLES = ("audit_auditevent", "audit_seal")


def sql(statement: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


@contextmanager
def unguarded() -> Iterator[None]:
    """As a superuser of the database: without its triggers."""
    for table in TABLES if connection.vendor == "postgresql" else ():
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    for table in TABLES if connection.vendor == "postgresql" else ():
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def tamper(statement: str, *values: object) -> None:
    with unguarded():
        assert sql(statement, *values), "nothing was tampered with"


def events(number: int, at: datetime | None = None, ip: str | None = "203.0.113.9", **detail: object) -> list[AuditEvent]:
    """So many events, half an hour ago or at that time, a millisecond apart."""
    begin = at or timezone.now() - timedelta(minutes=30)
    return [
        AuditEvent.objects.create(
            kind=Kind.LOGIN_FAILED, at=begin + timedelta(milliseconds=one), ip=ip, detail={"number": one, "area": "resources"} | detail
        )
        for one in range(number)
    ]


def ago(limit: datetime, margin: timedelta) -> datetime:
    """On the far side of a limit of retention (or the near one, with a negative margin), clear of what clocks may differ by."""
    return limit - margin - retention.CLOCKS


def verified(*expect: str) -> str:
    """What `audit_verify` prints; CommandError if anything is wrong."""
    out = StringIO()
    call_command("audit_verify", *(word for head in expect for word in ("--expect", head)), stdout=out)
    return out.getvalue()
