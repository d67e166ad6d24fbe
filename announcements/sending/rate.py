"""How many mails the relay may be given a second, over all workers and announcements (GCRA): one row, moved by one statement a grant."""

from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from announcements.models import Relay

CHUNK = 200


class Grant(NamedTuple):
    """So many mails, after so many seconds."""

    mails: int
    wait: float


def relay_name() -> str:
    return settings.EMAIL_HOST if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend") else settings.EMAIL_BACKEND.rpartition(".")[0][-100:]


def grant(within: float) -> Grant | None:
    """The next mails that the relay may be given, a second's worth and CHUNK at most; None if it may not be given any within so many seconds.

    It is asked for before anything is claimed, so nobody sleeps upon a claim.
    """
    now, name = timezone.now(), relay_name()
    if not settings.ANNOUNCEMENTS_PER_SECOND:
        return None if Relay.objects.filter(pk=name, free_at__gt=now).exists() else Grant(CHUNK, 0.0)
    mails = min(CHUNK, max(1, int(settings.ANNOUNCEMENTS_PER_SECOND)))
    step = timedelta(seconds=mails / settings.ANNOUNCEMENTS_PER_SECOND)
    with transaction.atomic():
        row = Relay.objects.get_or_create(pk=name)[0]
        free = Relay.objects.filter(pk=name, free_at__lte=now + timedelta(seconds=within))
        if not free.update(free_at=Greatest(F("free_at"), now) + step):
            return None
        row.refresh_from_db()
    return Grant(mails, max(0.0, (row.free_at - step - now).total_seconds()))


def postpone(seconds: float) -> None:
    """The relay is away: no worker asks it for so long."""
    until = timezone.now() + timedelta(seconds=seconds)
    row, is_new = Relay.objects.get_or_create(pk=relay_name(), defaults={"free_at": until})
    if not is_new:
        Relay.objects.filter(pk=row.pk).update(free_at=Greatest(F("free_at"), until))
