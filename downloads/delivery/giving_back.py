"""“That download failed, give it back”: what a customer does without asking anybody, and what the site does without being asked.

A download can be given back for as long as it could be resumed: a day from its beginning. It ends at once with it, for whoever has
the download back must not have the file besides. Staff see how much of the file was sent.

When the day is over, the site gives back by itself what certainly sent almost nothing (DownloadSessionQuerySet.hardly_sent).
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record
from downloads.delivery.gate import Reason, refusal_to_owner
from downloads.models import AllowanceEntry, DownloadSession

# Lines break off, and files get lost; whose downloads fail more often than this needs help rather than downloads. It also keeps "unlimited"
# from being three clicks away: at most three files a month can be fetched whole and not be counted.
MOST_RETURNED = 3
RETURNS_COUNTED = timedelta(days=30)


class ReturnRefusal(Reason):
    """Why a download is not given back, besides a Refusal of the gate."""

    TOO_LATE = 410, _("This download was begun more than a day ago, so it cannot be given back here. Write to us, and we will.")
    TOO_OFTEN = (
        403,
        _(
            "Several downloads of this product were given back lately. Write to us what happens when they fail: we will help, and add downloads."
        ),
    )
    ALREADY = 303, _("This download was given back already.")


class NotGivenBack(Exception):
    """The download stays counted, for the reason of `refusal`."""

    def __init__(self, refusal: Reason) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


@transaction.atomic
def give_back(request: AccountsRequest, session: DownloadSession) -> None:
    """Close the session, return its download and record it: all of it or, with NotGivenBack, nothing.

    The account is locked before anything is looked at, so of many clicks at once each sees what the one before it did.
    """
    User.objects.touch(session.entitlement.user_id)
    if refusal := refusal_of_return(session):
        raise NotGivenBack(refusal)
    if not session.give_back():
        raise NotGivenBack(ReturnRefusal.TOO_LATE)
    facts = {"download": session.pk, "product": session.entitlement.product.code, "file": session.file.name}
    record(Kind.DOWNLOAD_RETURNED, user=request.user, request=request, **facts)


def give_back_hardly_sent(since: datetime, now: datetime) -> int:
    """Give back the downloads begun since that moment of which almost nothing was sent; returns how many.

    They are found by the index of their beginnings. One of their own would name what each request changes, and slow every download.
    """
    sessions = (
        DownloadSession.objects.hardly_sent(now)
        .filter(opened_at__gte=since)
        .select_related("entitlement__product", "entitlement__user", "file")
    )
    return sum(give_back_unsent(session) for session in sessions.order_by("pk").iterator(chunk_size=500))


@transaction.atomic
def give_back_unsent(session: DownloadSession) -> bool:
    """Return one download and record it, unless somebody else does; returns whether this call did."""
    returned = session.give_back_unsent(f"almost nothing of it was sent: {session.bytes_sent:,} of {session.file.size:,} bytes")
    if returned:
        owned, file = session.entitlement, session.file.name
        record(Kind.DOWNLOAD_RETURNED, user=owned.user, download=session.pk, product=owned.product.code, file=file, reason="hardly_sent")
    return returned


def refusal_of_return(session: DownloadSession) -> Reason | None:
    """Why this session, as it is now, must not be given back; None if it may, unless its day is over."""
    session.refresh_from_db(fields=["returned_at"])
    session.entitlement.refresh_from_db(fields=["revoked_at"])
    returned = AllowanceEntry.objects.filter(entitlement=session.entitlement_id).returned_since(timezone.now() - RETURNS_COUNTED)
    if session.returned_at:
        return ReturnRefusal.ALREADY
    if refusal := refusal_to_owner(session.entitlement):
        return refusal
    return ReturnRefusal.TOO_OFTEN if returned.count() >= MOST_RETURNED else None
