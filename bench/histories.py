"""Audit logs of any length for the benchmarks, loaded by COPY: labelled months, one beside and after the other."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.db import connection

from audit.models import AuditEvent
from bench.lives import Happened
from bench.month import END, month_of

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = 1_030  # accounts of a labelled month
MONTH = END


def make_accounts(many: int) -> None:
    """So many accounts, numbered from 1."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_user (id, password, is_superuser, email, email_key, is_staff, opened_at, version, greets,
                name, company, address1, address2, city, region, postal_code, country, telephone, fax, greeting, language, time_zone)
            SELECT n, '', false, n || '@example.com', n || '@example.com', false, now(), 0, true, '', '', '', '', '', '', '', '', '', '', '', '', ''
            FROM generate_series(1, %s) AS n
            """,
            [many],
        )


class Lines:
    """Lines of COPY, read as from a file."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines

    def read(self, _size: int = -1) -> str:
        return "".join(islice(self.lines, 2_000))


def load(events: Iterable[Happened]) -> None:
    """Add these events to the audit log, in their order."""
    table = AuditEvent._meta.db_table
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} (kind, at, user_id, ip, detail) FROM STDIN", Lines(map(line_of, events)))


def line_of(event: Happened) -> str:
    at = BEGIN + timedelta(seconds=event.at)
    return f"{event.kind}\t{at.isoformat()}\t{event.account}\t{event.ip or chr(92) + 'N'}\t{json.dumps(event.detail)}\n"


def long_history(months: int, groups: int, first_month: int = 0) -> Iterator[Happened]:
    """Every month another one of the labelled months for each group of accounts, in the order of time."""
    for month in range(first_month, first_month + months):
        beside = [month_of(1_000 + (month * groups + group) % 40).events for group in range(groups)]
        moved = [
            event._replace(at=event.at + month * MONTH, account=event.account + group * PEOPLE)
            for group, events in enumerate(beside)
            for event in events
        ]
        moved.sort(key=lambda event: event.at)
        yield from moved


def forget_all() -> None:
    """An empty log and no accounts."""
    tables = (
        "accounts_misusefinding, accounts_detectioncursor, accounts_hold, accounts_appeal, accounts_loginsession, mailroom_outgoingmail"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE audit_auditevent, {tables}, accounts_user RESTART IDENTITY CASCADE")
