"""How far the audit log is settled: up to which id no further event can appear."""

import time

from django.db import connection
from django.db.models import Max

from audit.models import AuditEvent

PATIENCE = 3.0  # seconds: whoever could not settle in that time tries again at the next run
PAUSE = 0.02


def settled_id() -> int | None:
    """The highest id such that no event with this id or a lower one can still appear; 0 in an empty log.

    None if it could not be told within `PATIENCE`, because a transaction that writes to the log lasts longer than that.

    A sequence gives out ids before their transactions commit, so of two events the one with the lower id may be seen later.
    PostgreSQL locks the table for the statement (ROW EXCLUSIVE) before it takes an id, and keeps that lock until the transaction
    has ended and can be seen. So after the highest id has been read, whoever may still bring a lower one holds the lock, and once
    all who held it then are gone, nobody can. Reading does not take that lock, and neither do writes to other tables; transaction
    numbers (pg_snapshot_xmin) would wait for those of every database of the server, and miss one that has its id but no number yet.
    What the caller's own transaction wrote, it can see. SQLite has one writer at a time, so nothing is ever outstanding.
    """
    highest = AuditEvent.objects.aggregate(highest=Max("pk"))["highest"] or 0
    if connection.vendor != "postgresql":
        return highest
    outstanding, until = writers(), time.monotonic() + PATIENCE
    while outstanding:
        if time.monotonic() > until:
            return None
        time.sleep(PAUSE)
        outstanding &= writers()
    return highest


def writers() -> set[str]:
    """The other transactions that have written to the log and have not ended, by their virtual ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT virtualtransaction FROM pg_locks
            WHERE locktype = 'relation' AND relation = %s::regclass AND mode = 'RowExclusiveLock' AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND pid IS DISTINCT FROM pg_backend_pid()
            """,
            [AuditEvent._meta.db_table],
        )
        return {transaction for (transaction,) in cursor.fetchall()}
