"""The ends of retention of what accounts record."""

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import holds, misuse
from accounts.models import AddressChange, Appeal, Hold, LoginSession, MisuseFinding, RecordOpening, Throttle
from accounts.personal_data import ADDRESS_CHANGES, APPEALS, FINDINGS, HOLDS, LOGIN_HISTORY, RECORD_OPENINGS, THROTTLES
from privacy.personal_data import SESSION_DATA
from privacy.retention.batches import delete, in_batches
from privacy.retention.due import rows


@shared_task
def purge_login_sessions() -> int:
    """Delete login sessions past their retention; returns how many."""
    return delete(rows(LOGIN_HISTORY, LoginSession, timezone.now()))


@shared_task
def purge_sessions() -> int:
    """Delete browser sessions that have expired; returns how many."""
    return delete(rows(SESSION_DATA, Session, timezone.now()))


@shared_task
def purge_throttles() -> int:
    """Delete throttles that have been free for longer than their retention; returns how many."""
    return delete(rows(THROTTLES, Throttle, timezone.now()))


@shared_task
def purge_address_changes() -> int:
    """Delete changes of e-mail addresses past their retention; returns how many."""
    return delete(rows(ADDRESS_CHANGES, AddressChange, timezone.now()))


@shared_task
def purge_findings() -> int:
    """Delete signs of misuse past their retention; returns how many."""
    return delete(rows(FINDINGS, MisuseFinding, timezone.now()))


@shared_task
def purge_holds() -> int:
    """Delete holds that ended longer ago than their retention, with their appeals; returns how many rows. A hold in force stays."""
    return delete(rows(HOLDS, Hold, timezone.now()))


@shared_task
def purge_appeals() -> int:
    """Destroy the words of appeals past their retention; that there was one stays with its hold. Returns how many."""
    return in_batches(rows(APPEALS, Appeal, timezone.now()), holds.destroy_words_of_old)


@shared_task
def purge_record_openings() -> int:
    """Delete openings of records that are over; the audit log keeps the fact. Returns how many."""
    return delete(rows(RECORD_OPENINGS, RecordOpening, timezone.now()))


@shared_task
def expire_holds() -> int:
    """End holds whose time is over, and tell the customers; returns how many."""
    return holds.expire_those_of(Hold.objects.all())


@shared_task
def detect_misuse() -> int:
    """Look for misuse in what is new in the audit log; returns how many events were read."""
    return misuse.detect().events
