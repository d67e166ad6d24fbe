"""The ends of retention of what accounts record."""

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import holds, misuse
from accounts.models import AddressChange, Appeal, Hold, LoginSession, MisuseFinding, RecordOpening, Throttle
from accounts.personal_data import ADDRESS_CHANGES, APPEALS, FINDINGS, HOLDS, LOGIN_HISTORY, RECORD_OPENINGS, THROTTLES


@shared_task
def purge_login_sessions() -> int:
    """Delete login sessions past their retention; returns how many."""
    return LoginSession.objects.filter(started_at__lt=LOGIN_HISTORY.oldest(timezone.now())).delete()[0]


@shared_task
def purge_sessions() -> int:
    """Delete browser sessions that have expired; returns how many."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]


@shared_task
def purge_throttles() -> int:
    """Delete throttles that have been free for longer than their retention; returns how many."""
    return Throttle.objects.filter(free_at__lt=THROTTLES.oldest(timezone.now()).timestamp()).delete()[0]


@shared_task
def purge_address_changes() -> int:
    """Delete changes of e-mail addresses past their retention; returns how many."""
    return AddressChange.objects.filter(asked_at__lt=ADDRESS_CHANGES.oldest(timezone.now())).delete()[0]


@shared_task
def purge_findings() -> int:
    """Delete signs of misuse past their retention; returns how many."""
    return MisuseFinding.objects.filter(last_at__lt=FINDINGS.oldest(timezone.now())).delete()[0]


@shared_task
def purge_holds() -> int:
    """Delete holds that ended longer ago than their retention, with their appeals; returns how many rows. A hold in force stays."""
    return Hold.objects.filter(ended_at__lt=HOLDS.oldest(timezone.now())).delete()[0]


@shared_task
def purge_appeals() -> int:
    """Destroy the words of appeals past their retention; that there was one stays with its hold. Returns how many."""
    return holds.destroy_words_of_old(Appeal.objects.filter(written_at__lt=APPEALS.oldest(timezone.now())))


@shared_task
def purge_record_openings() -> int:
    """Delete openings of records that are over; the audit log keeps the fact. Returns how many."""
    return RecordOpening.objects.filter(open_until__lt=RECORD_OPENINGS.oldest(timezone.now())).delete()[0]


@shared_task
def expire_holds() -> int:
    """End holds whose time is over, and tell the customers; returns how many."""
    return holds.expire_those_of(Hold.objects.all())


@shared_task
def detect_misuse() -> int:
    """Look for misuse in what is new in the audit log; returns how many events were read."""
    return misuse.detect().events
