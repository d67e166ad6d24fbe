"""A new unlock code in place of one that got into other hands: the old one is revoked at that moment, once and for good."""

from django.db import transaction
from django.http import HttpRequest

from accounts.holds import is_held
from accounts.limits import REISSUE, demand
from accounts.models import User
from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from downloads.codes.mails import tell_of_reissue
from downloads.models import UnlockCode


class OnHold(Exception):
    """The account was put on hold meanwhile."""


@transaction.atomic
def reissue(code: UnlockCode, request: HttpRequest, by: User | None = None, reason: str = "") -> UnlockCode:
    """Revoke the code, issue another one for its unit, record it and mail the new one to the customer: all of it or nothing.

    `by` is the member of staff who asked for it, with the reason; without one it was the customer, who may not while the account is on
    hold (OnHold), nor too often (TooManyTries). Raises AlreadyRevoked if the code is not valid any more: after a second click, for instance,
    which does not count as a try.
    """
    owner = code.entitlement.user
    User.objects.touch(owner.pk)
    if by is None and is_held(owner.pk):
        raise OnHold
    new = code.reissue()
    if by is None:
        demand(REISSUE, str(owner.pk))
    facts = in_role(by) | {"reason": reason} if by else {}
    numbers = {"entitlement": code.entitlement_id, "unit": code.unit, "code": code.pk, "replacement": new.pk}
    record(Kind.UNLOCK_CODE_REISSUED, user=owner, actor=by, request=request, **numbers, **facts)
    tell_of_reissue(new, by_staff=by is not None, reason=reason)
    return new
