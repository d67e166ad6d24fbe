"""Sending outgoing mail: claim, send, report.

A mail is claimed in a commit of its own, sent, and then marked sent in one statement fenced by the claim's token, which also
destroys both bodies. A worker killed in between leaves a claim that lapses; the mail is then sent again with the same
Message-ID. So a mail is sent at least once: a second copy of an unlock code does no harm, a missing one does.
"""

import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta
from secrets import token_hex

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from mailroom.models import MailState, OutgoingMail

BATCH = 20
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)


def send(mail_id: int) -> int:
    """Send one mail if it is due; returns how many were sent (0 or 1)."""
    return send_batch(claim(OutgoingMail.objects.filter(pk=mail_id), limit=1))


def send_due() -> int:
    """Send everything that is due, in batches over one connection each; returns how many were sent."""
    sent = 0
    while mails := claim(OutgoingMail.objects.all(), limit=BATCH):
        sent += send_batch(mails)
    return sent


@transaction.atomic
def claim(mails: "OutgoingMailQuerySet", limit: int) -> list[OutgoingMail]:  # noqa: F821
    """Take up to `limit` due mails for this worker alone, until its lease lapses."""
    now, token = timezone.now(), token_hex(16)
    due = mails.due(now).order_by("next_try_at", "pk")
    if database.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    ids = list(due.values_list("pk", flat=True)[:limit])
    OutgoingMail.objects.filter(pk__in=ids).update(state=MailState.SENDING, lease_token=token, lease_until=now + OutgoingMail.LEASE)
    return list(OutgoingMail.objects.filter(lease_token=token).order_by("pk")) if ids else []
