"""Mails with unlock codes: sending them again, and what became of those that were sent."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.limits import CODES_SENT, CODES_SENT_ACCOUNT, demand_all
from accounts.models import User
from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from downloads.models import Entitlement, UnlockCode
from downloads.models.allowance import Change
from mailroom.models import OutgoingMail
from mailroom.outgoing import write

CODES_IN_A_MAIL = 50


@transaction.atomic
def send_codes(owned: Entitlement, request: HttpRequest, by: User | None = None, reason: str = "") -> None:
    """Mail the valid codes of an entitlement once more; `by` is the member of staff who asked for it, with the reason.

    Raises TooManyTries. Of many clicks at once one sends a mail: the limit counts in one statement.
    """
    demand_all([(CODES_SENT, str(owned.pk)), (CODES_SENT_ACCOUNT, str(owned.user_id))])
    facts = in_role(by) | {"reason": reason} if by else {}
    event = record(Kind.UNLOCK_CODE_SENT, user=owned.user, actor=by, request=request, entitlement=owned.pk, **facts)
    codes = owned.unlock_codes.valid().order_by("unit").values_list("code", flat=True)[: CODES_IN_A_MAIL + 1]
    write(
        "downloads/codes",
        to=owned.user.email,
        cause=cause_of(owned, f"sent:{event.pk}"),
        user=owned.user,
        entitlement=owned,
        codes=codes[:CODES_IN_A_MAIL],
        more=len(codes) > CODES_IN_A_MAIL,
    )


def tell_of_reissue(code: UnlockCode, *, by_staff: bool, reason: str) -> None:
    """Mail a code that was issued in place of another one; of staff with their reason. The caller's transaction issued it."""
    owned = code.entitlement
    write(
        "downloads/reissued",
        to=owned.user.email,
        cause=cause_of(owned, f"reissued:{code.pk}"),
        user=owned.user,
        entitlement=owned,
        code=code,
        former=code.replaces,
        by_staff=by_staff,
        reason=reason,
    )


def mails_of(owned: Entitlement) -> QuerySet[OutgoingMail]:
    """The mails that carried codes of this entitlement, the latest first: those of its purchase, and those above."""
    granted = owned.allowance_entries.filter(kind=Change.GRANTED).values("reason")
    return OutgoingMail.objects.filter(Q(cause__startswith=cause_of(owned, "")) | Q(cause__in=granted), user=owned.user_id)


def cause_of(owned: Entitlement, what: str) -> str:
    return f"codes:{owned.pk}:{what}"
