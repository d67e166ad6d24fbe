"""Deliveries of which nobody knows whether they arrived: sent again when staff say so, and never otherwise."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from announcements.models import Announcement, Delivery, DeliveryState, State
from audit.kinds import Kind
from audit.log import record

AFTER_ALL = {State.SENDING, State.PAUSED, State.SENT}


@transaction.atomic
def send_again(announcement: Announcement, *, by: Any, request: HttpRequest | None = None, only: list[int] | None = None) -> int:
    """Send unknown deliveries again, all of them or those of `only`; returns how many. One that was sent to its end is being sent once more.

    Two clicks at once send once: the row of the announcement is locked, and only what is unknown still is taken.
    """
    locked = Announcement.objects.select_for_update().filter(pk=announcement.pk, state__in=AFTER_ALL)
    if not (row := locked.first()):
        return 0
    unknown = Delivery.objects.filter(announcement=row, state=DeliveryState.UNKNOWN)
    if only is not None:
        unknown = unknown.filter(pk__in=only)
    again = unknown.update(state=DeliveryState.PENDING, next_try_at=timezone.now(), settled_at=None, answer="")
    if not again:
        return 0
    ended = {"state": State.SENDING, "ended_at": None} if row.state == State.SENT else {}
    locked.update(unknown=F("unknown") - again, **ended)
    record(Kind.DELIVERIES_SENT_AGAIN, actor=by, request=request, announcement=row.pk, count=again)
    return again
