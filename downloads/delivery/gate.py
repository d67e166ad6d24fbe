"""The one gate: whether a file may be handed to a customer now. Pages, updaters and links ask it, at each request and while Python sends."""

from datetime import datetime
from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.holds import is_held
from accounts.models import Hold
from downloads.models import DownloadSession, Entitlement, ReleaseFile


class Reason(Enum):
    """Why something is refused: the HTTP status, and the words for the customer."""

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def words(self) -> Promise:
        return self.value[1]


class Refusal(Reason):
    """Why there is no download."""

    HELD = 403, _("Your account is on hold, and its downloads with it.")
    REVOKED = 403, _("This was refunded, or we have taken it back, so its downloads have ended.")
    NOTHING_LEFT = 403, _("All downloads of this purchase are used. Write to us if you need more: we are glad to help.")
    NOT_INCLUDED = 403, _("This release came out after the upgrades of your purchase ended, so it is not included.")
    OTHER_EDITION = 403, _("This file belongs to another edition than the one you bought.")
    OTHER_PRODUCT = 403, _("This file belongs to another product than the one you bought.")
    EXPIRED = 410, _("This download was begun more than a day ago. Press its Download button again.")
    RETURNED = 410, _("This download was given back, so its link has ended. Press its Download button to begin anew.")
    WITHDRAWN = 410, _("This release was withdrawn. You find the present one among your downloads.")
    CODE_REVOKED = 410, _("This unlock code was replaced or taken back. You find the present ones at its product.")
    NOT_SIGNED = 503, _("Licence files cannot be made at the moment. We have been told; please try again later.")
    MISSING = 503, _("This file cannot be found at the moment, and no download was counted. We have been told; please try again later.")


def refusal_to_owner(owned: Entitlement) -> Refusal | None:
    """Why nothing of what this entitlement names is handed out; None if it is."""
    if is_held(owned.user_id):
        return Refusal.HELD
    return Refusal.REVOKED if owned.revoked_at else None


def refusal_to_take(owned: Entitlement, file: ReleaseFile, now: datetime) -> Refusal | None:
    """Why this file is not handed out for this entitlement; None if it is (promises C4, C5).

    Whether a download is left is for `DownloadSession.objects.take` to say, in the statement that spends it.
    """
    return refusal_by_facts(is_held(owned.user_id), owned, file, now)


def refusal_by_facts(held: bool, owned: Entitlement, file: ReleaseFile, now: datetime) -> Refusal | None:
    """The rule of the gate, for rows as they were read."""
    if held:
        return Refusal.HELD
    if owned.revoked_at:
        return Refusal.REVOKED
    if owned.product_id != file.release.product_id:
        return Refusal.OTHER_PRODUCT
    if not file.release.is_out(now):
        return Refusal.WITHDRAWN
    if not owned.has_edition_of(file):
        return Refusal.OTHER_EDITION
    return None if file.release.is_included(owned.upgrades_until) else Refusal.NOT_INCLUDED


def refusal_of(session: DownloadSession, now: datetime) -> Refusal | None:
    """Why a request for the session's file is refused; None if it is not."""
    if refusal := reason_to_stop(session, now):
        return refusal
    if session.closed_at or session.valid_until <= now:
        return Refusal.EXPIRED
    return None if session.file.is_stored() else Refusal.MISSING


def reason_to_stop(session: DownloadSession, now: datetime) -> Refusal | None:
    """Why a file that is being sent must not go on; None if it may (promise C4). One query, for the rows as they are now.

    Whatever keeps a file from being taken stops it, and giving it back does. Whoever began in time may finish, and whoever logs out in between too.
    """
    held = Hold.objects.stand_before("entitlement__user", now)
    rows: Any = DownloadSession.objects.select_related("entitlement", "file__release").annotate(held=held)
    present = rows.filter(pk=session.pk).first()
    if present is None:
        return Refusal.EXPIRED
    if refusal := refusal_by_facts(present.held, present.entitlement, present.file, now):
        return refusal
    return Refusal.RETURNED if present.returned_at else None
