"""Codes that are ordered, and the ends of what promotions hold and keep."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from infacta.celery import WakingTask
from privacy.retention.batches import delete, in_batches
from privacy.retention.due import rows
from promotions import export, lapsing, making, watching
from promotions.models import CodeBatch, Redemption, Registrant
from promotions.personal_data import LAPSED, PERSONS


@shared_task(base=WakingTask)
def make_codes() -> int:
    """Make codes of batches that are not complete, for some seconds, and ask for more of it while there is; returns how many."""
    made = making.make_due()
    if made and CodeBatch.objects.making().exists():
        make_codes.wake()
    return made


@shared_task
def purge_exported_codes() -> int:
    """Destroy codes in clear that were exported, where digests alone are kept; returns how many."""
    return export.destroy_due()


@shared_task
def lapse_registrations() -> int:
    """Give back what nobody confirmed in time; returns how many registrations."""
    return lapsing.lapse_due()


@shared_task
def purge_registrations() -> int:
    """Delete registrations that were never confirmed long enough ago; returns how many. Confirmed ones go with their account.

    Each batch in one statement, which looks once more at a row that takes its place anew at this moment (promotions.proving.hold_again): Django's own
    way would read first, and then delete what holds a place again.
    """
    return in_batches(rows(LAPSED, Redemption, timezone.now()), in_one_statement)


def in_one_statement(registrations: Any) -> int:
    return int(registrations._raw_delete(registrations.db))


@shared_task
def purge_persons() -> int:
    """Destroy the digests that tell persons apart where they serve nothing any more; returns how many there were.

    Whoever registers at this moment has a row whose count is not 0 any more once it is committed, and the statement looks once more then.
    """
    now = timezone.now()
    counters = delete(rows(PERSONS, Registrant, now))
    return counters + in_batches(rows(PERSONS, Redemption, now), lambda registrations: registrations.update(abuse_key=""))


@shared_task
def watch_promotions() -> int:
    """Look for misuse of promotions; returns how many signs are new or have newer evidence."""
    return watching.watch()
