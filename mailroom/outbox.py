"""Destroying what stands in the outbox about one matter, in whatever state it is, and the copies of it that this site has written to files."""

import logging
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from mailroom.backends import eml_name
from mailroom.models import MailState, OutgoingMail, OutgoingMailQuerySet

log = logging.getLogger(__name__)


def destroy_copies(cause_prefix: str) -> int:
    """Delete the mails whose cause begins with this, and their files; returns how many are gone. ValueError for no prefix at all.

    One that waits is never sent. One that a worker is handing over just now, or whose file cannot be deleted, loses its content at once and its
    row later: `has_copies` says so, and a further call, five minutes later at most, finds the worker gone.
    """
    mails = copies(cause_prefix)
    with transaction.atomic():
        # The state takes it out of the hands of whoever has claimed it: what is not handed over by now is not (mailroom.sending.renew).
        mails.update(state=MailState.FAILED, **OutgoingMail.EMPTY)
    free = mails.filter(Q(lease_until=None) | Q(lease_until__lte=timezone.now()))
    gone = [pk for pk, message_id in free.values_list("pk", "message_id") if destroy_files(message_id)]
    return mails.filter(pk__in=gone).delete()[0]


def has_copies(cause_prefix: str) -> bool:
    """Whether anything of them is left."""
    return copies(cause_prefix).exists()


def copies(cause_prefix: str) -> OutgoingMailQuerySet:
    if not cause_prefix:
        raise ValueError("without a prefix it would be every mail")
    return OutgoingMail.objects.filter(cause__startswith=cause_prefix)


def destroy_files(message_id: str) -> bool:
    """Delete the files that EmlFileBackend wrote of a mail, finished or not; whether none is left."""
    for path in files_of(message_id):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.error("The file of a mail cannot be deleted: %s.", type(error).__name__)
    return not files_of(message_id)


def files_of(message_id: str) -> list[Path]:
    folder = Path(settings.MAIL_DIR)
    return list(folder.glob(f"{eml_name(message_id)}*")) if folder.is_dir() else []
