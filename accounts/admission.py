"""What follows a right password: the second factor if there is one, the hold if there is one, and else the log-in (promises C3, C4)."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django_otp.models import Device

from accounts import authentication, candidates, cookies
from accounts.models import User
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record

HELD = "held"  # the step of those who find their account on hold
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
        record(Kind.LOGIN_REFUSED, user=user, request=request)
        candidates.note(request, HELD, user)
        return redirect("accounts:held")
    cookies.greet(request, response, user)
    if remember:
        cookies.remember(request, response, user)
    else:
        cookies.forget(request, response)
    return response
