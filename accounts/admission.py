"""What follows a right password: the second factor if there is one, the hold if there is one, and else the log-in (promises C3, C4)."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django_otp.models import Device

from accounts import authentication, candidates, cookies, enrolment
from accounts.models import User
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record
from privacy.areas import area_of

HELD = "held"  # the step of those who find their account on hold
HELD_LIFE = 3600  # seconds: whoever writes to support from there must not be hurried, and the step opens nothing else
SECOND_FACTOR = "second_factor"  # the step of those who have one
AFTERWARDS = "second_factor.afterwards"  # in the session, while that step lasts: where to go, and whether to remember the account


def admit(request: AccountsRequest, user: User, *, next_page: str, remember: bool, device: Device | None = None) -> HttpResponse:
    """Log the customer in and lead them on; who has a second factor is asked for it first, and who is on hold is told so."""
    response = redirect(next_page)
    try:
        authentication.log_in(request, response, user, otp_device=device)
    except authentication.SecondFactorMissing:
        candidates.note(request, SECOND_FACTOR, user)
        request.session[AFTERWARDS] = [next_page, remember]
        return redirect("accounts:second_factor")
    except authentication.OnHold:
        return refuse(request, user)
    enrolment.forget(request)  # a secret that this browser has shown before may be known to somebody else
    for step in (HELD, SECOND_FACTOR):
        candidates.forget(request, step)  # of somebody else, who got no farther in this browser
    cookies.greet(request, response, user, cookies.LOG_IN)
    if remember:
        cookies.remember(request, response, user)
    else:
        cookies.forget(request, response)
    return response


def refuse(request: AccountsRequest, user: User) -> HttpResponse:
    """Lead somebody who has proved to be `user`, and whose account is on hold, to the page that says so; they are not logged in."""
    record(Kind.LOGIN_REFUSED, user=user, request=request, area=area_of(request.path).slug)
    candidates.note(request, HELD, user)
    return redirect("accounts:held")


def turned_away(request: AccountsRequest) -> User | None:
    """Who was led to that page in this browser, within the last hour."""
    return candidates.noted(request, HELD, User.objects.all(), HELD_LIFE)
