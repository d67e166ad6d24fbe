"""Sending what is due, dealing with what has come, and the ends of retention."""

from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from infacta.celery import WakingTask
from mailroom import incoming, maildir, sending
from mailroom.models import IncomingMail, IncomingState, MailState, OutgoingMail, OutgoingMailQuerySet
from mailroom.personal_data import INCOMING_PRIVATE, INCOMING_RECORD, MAIL_BODY, MAIL_RECORD
from privacy.retention.batches import delete, in_batches
from privacy.retention.due import rows

BATCH = 100
IN_HAND = timedelta(seconds=30)  # so long whoever took a mail in may still be at it


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
    emptied = in_batches(rows(MAIL_BODY, OutgoingMail, now), destroy_bodies)
    return emptied + delete(rows(MAIL_RECORD, OutgoingMail, now))


def destroy_bodies(mails: OutgoingMailQuerySet) -> int:
    """They cannot be sent any more: they failed, and nothing of their content is left."""
    with transaction.atomic():
        mails.take_in_order()
        return mails.update(state=MailState.FAILED, **OutgoingMail.EMPTY, lease_token="", lease_until=None)


@shared_task
def read_maildir() -> int:
    """Take in the mails of settings.MAILDIR, if there is one; returns how many."""
    return maildir.read_all(Path(settings.MAILDIR)) if settings.MAILDIR else 0


@shared_task
def handle_incoming_mails() -> int:
    """Deal with mails that were kept and then left lying; returns how many."""
    waiting = IncomingMail.objects.filter(state=IncomingState.RECEIVED, received_at__lte=timezone.now() - IN_HAND)
    return sum(incoming.handle(pk) for pk in waiting.order_by("received_at").values_list("pk", flat=True)[:BATCH])


@shared_task
def purge_incoming_mails() -> int:
    """Delete the records of mails that were dealt with long enough ago; returns how many rows were touched.

    What is in quarantine stays until staff decide; what somebody wrote to support, for 30 days at most (promise G8).
    """
    now = timezone.now()
    discarded = in_batches(rows(INCOMING_PRIVATE, IncomingMail, now), lambda mails: mails.discard())
    return discarded + delete(rows(INCOMING_RECORD, IncomingMail, now))
