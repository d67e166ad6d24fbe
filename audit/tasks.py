"""What the schedule does with the audit log: seals it, truncates addresses, and ends what is past its retention."""

from celery import shared_task

from audit import retention
from audit.sealing import seal_up_to
from audit.settled import settled_id


@shared_task
def seal_events() -> int:
    """Seal what is not sealed and can be; returns how many seals were made."""
    return seal_up_to(settled_id() or 0)


@shared_task
def truncate_addresses() -> int:
    """Truncate addresses past their life; returns how many. What was left unsealed is sealed before, for the seal holds the full ones."""
    seal_events()
    return retention.truncate()


@shared_task
def purge_events() -> int:
    """Delete the months past their retention; returns how many events. The only way out of an append-only log."""
    seal_events()
    return retention.purge()
