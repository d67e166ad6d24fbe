"""Whether a download session may be served now: at each request, and again and again while Python sends a file."""

from datetime import datetime
from enum import Enum

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.holds import is_held
from accounts.models import Hold
from downloads.models import DownloadSession, Entitlement


class Refusal(Enum):
    """Why there is no download: the HTTP status, and the words for the customer."""

    HELD = 403, _("Your account is on hold, and its downloads with it.")
    REVOKED = 403, _("This purchase was refunded, so its downloads have ended.")
    NOTHING_LEFT = 403, _("All downloads of this purchase are used. Write to us if you need more: we are glad to help.")
    EXPIRED = 410, _("This download was begun more than a day ago. Press its Download button again.")
    RETURNED = 410, _("This download was given back, so its link has ended. Press its Download button to begin anew.")
    WITHDRAWN = 410, _("This release was withdrawn. You find the present one among your downloads.")
    MISSING = 503, _("This file cannot be found at the moment, and no download was counted. We have been told; please try again later.")

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def words(self) -> Promise:
        return self.value[1]


def refusal_to_owner(owned: Entitlement) -> Refusal | None:
    """Why nothing of what this entitlement names is handed out; None if it is."""
    if is_held(owned.user_id):
        return Refusal.HELD
    return Refusal.REVOKED if owned.revoked_at else None


def refusal_of(session: DownloadSession, now: datetime) -> Refusal | None:
    """Why a request for the session's file is refused; None if it is not."""
    if refusal := reason_to_stop(session, now):
        return refusal
    if session.closed_at or session.valid_until <= now:
        return Refusal.EXPIRED
    return None if session.file.is_stored() else Refusal.MISSING


def reason_to_stop(session: DownloadSession, now: datetime) -> Refusal | None:
    """Why a file that is being sent must not go on; None if it may (promise C4). One query, for the rows as they are now.

    Holds, refunds and withdrawals stop it, and giving it back does. Whoever began in time may finish, and whoever logs out in between too.
    """
    held = Exists(Hold.objects.in_force(now).filter(user=OuterRef("entitlement__user")))
    facts = ("held", "entitlement__revoked_at", "returned_at", "file__release__published_at")
    row = DownloadSession.objects.filter(pk=session.pk).annotate(held=held).values_list(*facts).first()
    held_now, revoked_at, returned_at, published_at = row or (False, None, None, None)
    if held_now:
        return Refusal.HELD
    if revoked_at:
        return Refusal.REVOKED
    if returned_at:
        return Refusal.RETURNED
    return Refusal.WITHDRAWN if published_at is None or published_at > now else None
