"""Ending log-ins from another browser (promise C16; ASVS 7.5.2). It acts at once: the other browser's next request is a stranger's.

Whatever ends them locks the account first and then makes sure that the browser which asks is still logged in: of two that end each
other at the same moment, the first one wins and stays.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import LoginSession, User
from accounts.models.login_session import EndReason, LoginSessionQuerySet
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record


class LogInEnded(PermissionDenied):
    """The log-in of the browser that asks was ended meanwhile, perhaps because of what it wants to change."""


def lock_account(request: AccountsRequest | None, user: User) -> None:
    """Lock the account until the commit. Raises LogInEnded if the log-in that asks is over; at the command line none asks."""
    User.objects.touch(user.pk)
    current = request.login_session if request else None
    if current and not LoginSession.objects.filter(pk=current.pk, ended_at=None).exists():
        raise LogInEnded


def others_than(request: AccountsRequest | None, user: User) -> LoginSessionQuerySet:
    """All log-ins of the account but the one that asks, in both areas."""
    log_ins = LoginSession.objects.filter(user=user)
    return log_ins.exclude(pk=request.login_session.pk) if request and request.login_session else log_ins


@transaction.atomic
def end_one(request: AccountsRequest, session: LoginSession) -> bool:
    """End one of the person's other log-ins; False if it was over already. Raises LogInEnded."""
    lock_account(request, request.user)
    ended = others_than(request, request.user).filter(pk=session.pk).end(EndReason.ENDED_BY_CUSTOMER)
    if not ended or session.has_timed_out:
        return False
    record(Kind.LOGIN_ENDED, user=request.user, request=request, login_session=session.pk, reason=EndReason.ENDED_BY_CUSTOMER)
    return True


@transaction.atomic
def end_all(request: AccountsRequest, reason: EndReason = EndReason.ENDED_BY_CUSTOMER) -> list[int]:
    """End all of the person's log-ins but this one; returns those that had been open. Raises LogInEnded."""
    lock_account(request, request.user)
    others = others_than(request, request.user)
    opened = list(others.open(timezone.now()).values_list("pk", flat=True))
    others.end(reason)
    if opened:
        record(Kind.LOGIN_ENDED, user=request.user, request=request, login_sessions=opened, reason=reason)
    return opened
