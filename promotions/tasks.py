"""The ends of what promotions hold and keep."""

from celery import shared_task
from django.utils import timezone

from promotions import registration
from promotions.models import Redemption, RedemptionState
from promotions.personal_data import LAPSED


@shared_task
def lapse_registrations() -> int:
    """Give back what nobody confirmed in time; returns how many registrations."""
    return registration.lapse_due()


@shared_task
def purge_registrations() -> int:
    """Delete registrations that lapsed or were turned away long enough ago; returns how many. Confirmed ones go with their account."""
    over = [RedemptionState.LAPSED, RedemptionState.REFUSED]
    old = Redemption.objects.filter(state__in=over, held_until__lt=LAPSED.oldest(timezone.now()))
    return old.delete()[0]
