"""Ending log-ins from another browser (promise C16; ASVS 7.5.2). It acts at once: the other browser's next request is a stranger's.

Each locks the account first and then makes sure that the browser which asks is still logged in: of two that end each other at
the same moment, the first one wins and stays.
"""

from django.db import transaction

from accounts.models import LoginSession, User
from accounts.models.login_session import EndReason, LoginSessionQuerySet
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record


class LogInEnded(Exception):
    """The log-in of the browser that asks was ended meanwhile."""


def others_than(request: AccountsRequest) -> LoginSessionQuerySet:
    """All other log-ins of the person, in both areas, with the account locked until the commit.

    Raises LogInEnded if the request's own log-in is over.
    """
    User.objects.touch(request.user.pk)
    current = request.login_session.pk if request.login_session else 0
    if not request.user.login_sessions.filter(pk=current, ended_at=None).exists():
        raise LogInEnded
    others: LoginSessionQuerySet = request.user.login_sessions.exclude(pk=current)
    return others


@transaction.atomic
def end_one(request: AccountsRequest, session: LoginSession) -> bool:
    """End one of the person's other log-ins; False if it was over already. Raises LogInEnded."""
    ended = others_than(request).filter(pk=session.pk).end(EndReason.ENDED_BY_CUSTOMER)
    if not ended or session.has_timed_out:
        return False
    record(Kind.LOGIN_ENDED, user=request.user, request=request, login_session=session.pk, reason=EndReason.ENDED_BY_CUSTOMER)
    return True


@transaction.atomic
def end_all(request: AccountsRequest, reason: EndReason = EndReason.ENDED_BY_CUSTOMER) -> list[int]:
    """End all of the person's log-ins but this one; returns those that had been open. Raises LogInEnded."""
    others = others_than(request)
    opened = [session.pk for session in others.filter(ended_at=None) if session.is_open]
    others.end(reason)
    if opened:
        record(Kind.LOGIN_ENDED, user=request.user, request=request, login_sessions=opened, reason=reason)
    return opened
