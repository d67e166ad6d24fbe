"""The ends of retention of what accounts record."""

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import LoginSession, Throttle
from accounts.personal_data import LOGIN_HISTORY, THROTTLES


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
