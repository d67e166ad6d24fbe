"""Audit logs of any length for the benchmarks, loaded by COPY: labelled months, one beside and after the other."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import islice

from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent
from bench.lives import Happened
from bench.month import END as MONTH
from bench.month import Month, month_of

PEOPLE = 1_030  # accounts of a labelled month
SEEDS = 12  # so many months are made, and used again for other accounts
TABLE = AuditEvent._meta.db_table

cached_month = cache(month_of)


def month_by(number: int) -> Month:
    return cached_month(1_000 + number % SEEDS)


def make_accounts(many: int) -> None:
    """So many accounts, numbered from 1."""
    texts = [
        "name",
        "company",
        "address1",
        "address2",
        "city",
        "region",
        "postal_code",
        "country",
        "telephone",
        "fax",
        "greeting",
        "language",
        "time_zone",
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO accounts_user (id, password, is_superuser, email, email_key, is_staff, opened_at, version, greets, {", ".join(texts)})
            SELECT n, '', false, n || '@example.com', n || '@example.com', false, now(), 0, true, {", ".join("''" for _text in texts)}
            FROM generate_series(1, %s) AS n
            """,
            [many],
        )


def events_of(group: int, *, sharers: bool) -> list[Happened]:
    """What happened in the month of a group, with its sharers or without."""
    month = month_by(group)
    shared = {account.number for account in month.accounts if account.shared and not sharers}
    return [event for event in month.events if event.account not in shared]


class Lines:
    """Lines of COPY, read as from a file."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines

    def read(self, _size: int = -1) -> str:
        return "".join(islice(self.lines, 2_000))


def load(events: Iterable[Happened], months_ago: float) -> None:
    """Add these events to the audit log, in their order; second 0 was so many months ago."""
    begin = timezone.now() - timedelta(seconds=months_ago * MONTH)

    def line_of(event: Happened) -> str:
        at = (begin + timedelta(seconds=event.at)).isoformat()
        return f"{event.kind}\t{at}\t{event.account}\t{event.ip or chr(92) + 'N'}\t{json.dumps(event.detail)}\n"

    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {TABLE} (kind, at, user_id, ip, detail) FROM STDIN", Lines(map(line_of, events)))


def moved(events: Iterable[Happened], months: int, group: int) -> list[Happened]:
    """The same events so many months later, of another group of accounts."""
    return [event._replace(at=event.at + months * MONTH, account=event.account + group * PEOPLE) for event in events]


def months_of(groups: int, months: range) -> Iterator[Happened]:
    """For each group of accounts its labelled month, again and again, in the order of time: people keep their homes and browsers.

    One group has its thirty sharers; of twelve groups that are 30 of 12,000 customers.
    """
    for month in months:
        beside = [event for group in range(groups) for event in moved(events_of(group, sharers=group == 0), month, group)]
        yield from sorted(beside, key=lambda event: event.at)


@contextmanager
def without_indexes() -> Iterator[None]:
    """Load first, and index then: the same log in a third of the time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE '%%pkey'", [TABLE])
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute(f"ANALYZE {TABLE}")


def forget_all() -> None:
    """An empty log, and no accounts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('infacta.audit_truncate', 'on', false)")  # the log refuses it otherwise
        cursor.execute(f"TRUNCATE {TABLE}, accounts_user, accounts_detectioncursor RESTART IDENTITY CASCADE")
