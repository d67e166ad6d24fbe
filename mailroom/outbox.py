"""Copies of mails that lie here, by what caused them: destroyed together with what they are about."""

from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from mailroom.backends import eml_name
from mailroom.models import MailState, OutgoingMail, OutgoingMailQuerySet


def copies(cause_prefix: str) -> OutgoingMailQuerySet:
    if not cause_prefix:
        raise ValueError("every mail has a cause that begins with nothing")
    return OutgoingMail.objects.filter(cause__startswith=cause_prefix)


def destroy_copies(cause_prefix: str) -> int:
    """Destroy the mails whose cause begins so, with what the file backend wrote of them; returns how many.

    One that a worker is sending at this moment stays until its lease has ended: what is written of it now would be missed.
    """
    now = timezone.now()
    free = copies(cause_prefix).exclude(state=MailState.SENDING, lease_until__gt=now)
    gone = dict(free.values_list("pk", "message_id"))
    if not gone:
        return 0
    for message_id in gone.values():
        with suppress(FileNotFoundError):
            file_of(message_id).unlink()
    return free.filter(pk__in=gone).delete()[0]


def has_copies(cause_prefix: str) -> bool:
    """Whether any is left. A file goes before its row, so where there is no row there is no file."""
    return copies(cause_prefix).exists()


def file_of(message_id: str) -> Path:
    return Path(settings.MAIL_DIR) / eml_name(message_id)
