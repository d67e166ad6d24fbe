"""What follows a right password: the second factor if there is one, the hold if there is one, and else the log-in (promises C3, C4)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from accounts import authentication, candidates, cookies
from accounts.models import User
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record

HELD = "held"  # the step of those who find their account on hold


def admit(request: AccountsRequest, user: User, *, next_page: str, remember: bool, device: Any = None) -> HttpResponse:
    """Log the customer in and lead them on; whoever is on hold is led to the page that says so."""
    response = redirect(next_page)
    try:
        authentication.log_in(request, response, user, otp_device=device)
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
