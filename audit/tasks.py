"""The end of the audit log's retention."""

from celery import shared_task
from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent
from audit.personal_data import AUDIT_LOG

BATCH = 10_000


@shared_task
def purge_events() -> int:
    """Delete events past their retention, in batches; returns how many. The only way out of an append-only log."""
    oldest = AUDIT_LOG.oldest(timezone.now())
    table = connection.ops.quote_name(AuditEvent._meta.db_table)
    purged = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE at < %s LIMIT {BATCH})", [oldest])  # noqa: S608
            purged += cursor.rowcount
            if cursor.rowcount < BATCH:
                return purged
