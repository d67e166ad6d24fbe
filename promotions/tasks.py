"""Codes that are ordered, and the ends of what promotions hold and keep."""

from celery import shared_task
from django.utils import timezone

from infacta.celery import WakingTask
from promotions import export, making, registration, watching
from promotions.models import CodeBatch, Promotion, Redemption, RedemptionState, Registrant
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
    return registration.lapse_due()


@shared_task
def purge_registrations() -> int:
    """Delete registrations that were never confirmed long enough ago; returns how many. Confirmed ones go with their account."""
    over = [RedemptionState.LAPSED, RedemptionState.REFUSED, RedemptionState.ENDED]
    unconfirmed = Redemption.objects.filter(state__in=over, user=None)
    return unconfirmed.filter(held_until__lt=LAPSED.oldest(timezone.now())).delete()[0]


@shared_task
def purge_persons() -> int:
    """Destroy the digests that tell persons apart where they serve nothing any more; returns how many there were.

    Whoever registers at this moment has a row whose count is not 0 any more once it is committed, and the statement looks once more then.
    """
    over = Promotion.objects.over_since(PERSONS.oldest(timezone.now()))
    counters = Registrant.objects.filter(taken=0).delete()[0] + Registrant.objects.filter(promotion__in=over).delete()[0]
    return counters + Redemption.objects.filter(promotion__in=over).exclude(abuse_key="").update(abuse_key="")


@shared_task
def watch_promotions() -> int:
    """Look for misuse of promotions; returns how many signs are new or have newer evidence."""
    return watching.watch()
