"""Destroying what stands in the outbox about a matter, in whatever state it is, and the copies of it that this site has written to files."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from infacta.batches import batches
from mailroom.backends import eml_name
from mailroom.models import MailState, OutgoingMail, OutgoingMailQuerySet

log = logging.getLogger(__name__)

AT_ONCE = 20  # prefixes that one statement looks for: of many more the database reads the whole table instead of the index


def destroy_copies(cause_prefixes: Sequence[str]) -> int:
    """Delete the mails whose cause begins with one of these, and their files; returns how many are gone. ValueError for an empty prefix.

    One that waits is never sent. One that a worker is handing over just now, or whose file cannot be deleted, loses its content at once and its
    row later: `causes_left` names it, and a further call, five minutes later at most, finds the worker gone.
    """
    return destroy_rows([number for some in batches(cause_prefixes, AT_ONCE) for number in copies(some).values_list("pk", flat=True)])


def destroy_rows(found: Sequence[int]) -> int:
    """The same for the mails of these numbers."""
    if not found:
        return 0
    mails = OutgoingMail.objects.filter(pk__in=found)
    with transaction.atomic():
        mails.take_in_order()
        # The state takes it out of the hands of whoever has claimed it: what is not handed over by now is not (mailroom.sending.renew).
        mails.update(state=MailState.FAILED, **OutgoingMail.EMPTY)
    free = mails.filter(Q(lease_until=None) | Q(lease_until__lte=timezone.now()))
    numbers = dict(free.values_list("message_id", "pk"))
    stuck = destroy_files(numbers)
    with transaction.atomic():
        gone = mails.filter(pk__in=[pk for message_id, pk in numbers.items() if message_id not in stuck])
        gone.take_in_order()
        return gone.delete()[0]


def causes_left(cause_prefixes: Sequence[str]) -> list[str]:
    """The causes of those that are left, in full."""
    return [cause for some in batches(cause_prefixes, AT_ONCE) for cause in copies(some).values_list("cause", flat=True)]


def copies(cause_prefixes: Sequence[str]) -> OutgoingMailQuerySet:
    if not all(cause_prefixes):
        raise ValueError("without a prefix it would be every mail")
    chosen = Q()
    for prefix in cause_prefixes:
        chosen |= Q(cause__startswith=prefix)
    return OutgoingMail.objects.filter(chosen) if chosen else OutgoingMail.objects.none()


def destroy_files(message_ids: Iterable[str]) -> set[str]:
    """Delete the files that EmlFileBackend wrote of these mails, finished or not; returns those of which one is left."""
    folder, names = Path(settings.MAIL_DIR), {eml_name(message_id): message_id for message_id in message_ids}
    if not names or not folder.is_dir():
        return set()
    unfinished = [path for path in folder.glob("*.tmp") if path.name.partition(".eml.")[0] + ".eml" in names]
    for path in [*(folder / name for name in names), *unfinished]:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.error("The file of a mail cannot be deleted: %s.", type(error).__name__)
    left = [path for path in unfinished if path.exists()] + [folder / name for name in names if (folder / name).exists()]
    return {names[path.name.partition(".eml")[0] + ".eml"] for path in left}
