"""Copies of mails that lie here, by what caused them: destroyed together with what they are about."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from mailroom.backends import eml_name
from mailroom.models import MailState, OutgoingMail, OutgoingMailQuerySet


def destroy_copies(cause_prefix: str) -> int:
    """Destroy the mails whose cause begins so, with what the file backend wrote of them; returns how many.

    One that a worker is sending at this moment stays until its lease has ended: what is written of it now would be missed.
    """
    return destroy_all([cause_prefix])


def has_copies(cause_prefix: str) -> bool:
    """Whether any is left. A file goes before its row, so where there is no row there is no file."""
    return bool(causes([cause_prefix]))


def destroy_all(cause_prefixes: Sequence[str]) -> int:
    """The same for many at once."""
    now = timezone.now()
    free = copies(cause_prefixes).exclude(state=MailState.SENDING, lease_until__gt=now)
    gone = dict(free.values_list("pk", "message_id"))
    for message_id in gone.values():
        with suppress(FileNotFoundError):
            file_of(message_id).unlink()
    still_free = OutgoingMail.objects.filter(pk__in=gone).exclude(state=MailState.SENDING, lease_until__gt=now)
    return still_free.delete()[0] if gone else 0


def causes(cause_prefixes: Sequence[str]) -> list[str]:
    """The causes of those that are left, in full."""
    return list(copies(cause_prefixes).values_list("cause", flat=True))


def copies(cause_prefixes: Sequence[str]) -> OutgoingMailQuerySet:
    if not all(cause_prefixes):
        raise ValueError("every mail has a cause that begins with nothing")
    chosen = Q()
    for prefix in cause_prefixes:
        chosen |= Q(cause__startswith=prefix)
    return OutgoingMail.objects.filter(chosen) if chosen else OutgoingMail.objects.none()


def file_of(message_id: str) -> Path:
    return Path(settings.MAIL_DIR) / eml_name(message_id)
