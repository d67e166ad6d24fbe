"""Sending what is due, and the ends of retention."""

from celery import shared_task
from django.utils import timezone

from infacta.celery import WakingTask
from mailroom import sending
from mailroom.models import MailState, OutgoingMail
from mailroom.personal_data import MAIL_BODY, MAIL_RECORD


@shared_task(base=WakingTask)
def send_mail(mail_id: int) -> int:
    """Send one mail; returns how many were sent (0 or 1)."""
    return sending.send(mail_id)


@shared_task
def send_due_mails() -> int:
    """Send all mails that are due; returns how many were sent."""
    return sending.send_due()


@shared_task
def purge_mails() -> int:
    """Destroy the bodies of mails that could not be sent in time, and old records; returns how many rows were touched."""
    now = timezone.now()
    too_late = OutgoingMail.objects.filter(written_at__lt=MAIL_BODY.oldest(now)).exclude(text="", html="")
    emptied = too_late.update(state=MailState.FAILED, text="", html="", lease_token="", lease_until=None)
    return emptied + OutgoingMail.objects.filter(written_at__lt=MAIL_RECORD.oldest(now)).delete()[0]
