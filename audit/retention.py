"""The end of what the audit log keeps: addresses are truncated, then whole months go. By sealed batches, and nothing else may do it.

The database holds the same limits (migration 0006) and has the last word; its clock may be behind ours by `CLOCKS`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Func, GenericIPAddressField, Max, Min, QuerySet
from django.utils import timezone

from audit.lines import TABLE, stored, truncated
from audit.models import AuditEvent, Seal
from audit.personal_data import ADDRESSES
from privacy.retention.batches import is_time_left

YEARS = 2
CLOCKS = timedelta(minutes=1)
SEALS = Seal._meta.db_table


def purged_before(now: datetime) -> datetime:
    """What happened before this moment goes: the beginning of the month (UTC) two years ago, so that each month goes whole."""
    utc = now.astimezone(UTC)
    return datetime(utc.year - YEARS, utc.month, 1, tzinfo=UTC)


def truncated_before(now: datetime) -> datetime:
    """What happened before this moment keeps no full address."""
    return ADDRESSES.oldest(now)


def past_their_months(now: datetime) -> QuerySet[AuditEvent]:
    """The events whose month has been over for two years, sealed or not: what purges seals before."""
    return AuditEvent.objects.filter(at__lt=purged_before(now - CLOCKS))


def with_full_addresses(now: datetime) -> QuerySet[AuditEvent]:
    """The events past the life of addresses that have a full one. What seals say is truncated already is not read."""
    know_truncated()
    limit = truncated_before(now - CLOCKS)
    old = AuditEvent.objects.filter(at__lt=limit, ip__isnull=False)
    waiting = Seal.objects.filter(truncated_at=None, purged_at=None, first_at__lt=limit)
    sealed, unsealed = waiting.aggregate(first=Min("first_id"))["first"], (Seal.objects.aggregate(last=Max("last_id"))["last"] or 0) + 1
    return old.filter(pk__gte=sealed or unsealed).exclude(ip=Func("ip", function="audit_truncated", output_field=GenericIPAddressField()))


def purge() -> int:
    """Delete the events of sealed batches whose month has been over for two years; the seals stay. Returns how many events went."""
    limit = purged_before(timezone.now() - CLOCKS)
    due = Seal.objects.filter(purged_at=None, last_at__lt=limit).order_by("number")
    return sum(purge_batch(seal, limit) for seal in while_there_is_time(due))


def purge_batch(seal: Seal, limit: datetime) -> int:
    """Delete the events of one batch, and the salts, without which nobody can guess at what they were.

    Whoever comes second changes no row of the seal, and no events are left for them.
    """
    with retention_allowed() as cursor:
        cursor.execute(
            f"UPDATE {SEALS} SET purged_at = %s, salt = '', address_salt = '' WHERE id = %s AND purged_at IS NULL",  # noqa: S608
            [stored(timezone.now()), seal.pk],
        )
        cursor.execute(f"DELETE FROM {TABLE} WHERE {OF_BATCH}", of_batch(seal, limit))  # noqa: S608
        return cursor.rowcount


def truncate() -> int:
    """Truncate the addresses of sealed events that are older than the life of addresses; returns how many there were.

    The salt of a batch is destroyed with its first address. From then on nothing confirms a guess at the full ones.
    """
    limit = truncated_before(timezone.now() - CLOCKS)
    due = Seal.objects.filter(truncated_at=None, purged_at=None, first_at__lt=limit).order_by("number")
    return sum(truncate_batch(seal, limit) for seal in while_there_is_time(due))


def while_there_is_time(seals: QuerySet[Seal]) -> Iterator[Seal]:
    """The seals, as long as the walk has time for them; what is left waits for the next one."""
    for seal in list(seals):
        if not is_time_left():
            return
        yield seal


def truncate_batch(seal: Seal, limit: datetime) -> int:
    """Truncate the addresses of those events of a batch that are old enough; the batch is done with when all of them are."""
    with retention_allowed() as cursor:
        done = stored(timezone.now()) if seal.last_at < limit else None
        cursor.execute(
            f"UPDATE {SEALS} SET address_salt = '', truncated_at = %s WHERE id = %s AND truncated_at IS NULL",  # noqa: S608
            [done, seal.pk],
        )
        cursor.execute(
            f"UPDATE {TABLE} SET ip = audit_truncated(ip) WHERE {OF_BATCH} AND ip <> audit_truncated(ip)",  # noqa: S608
            of_batch(seal, limit),
        )
        return cursor.rowcount


def know_truncated() -> None:
    """The function that PostgreSQL has from a migration, for the embedded database."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.create_function("audit_truncated", 1, lambda ip: ip and truncated(ip), deterministic=True)


OF_BATCH = "id BETWEEN %s AND %s AND at >= %s AND at < %s"  # the times, too, so that of a table cut into months one month is read


def of_batch(seal: Seal, limit: datetime) -> list[Any]:
    return [seal.first_id, seal.last_id, stored(seal.first_at), stored(limit)]


@contextmanager
def retention_allowed() -> Iterator[CursorWrapper]:
    """A transaction in which the database lets retention do its work; it refuses everybody else."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL infacta.audit_retention = 'on'")
        know_truncated()
        yield cursor
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL infacta.audit_retention = 'off'")
