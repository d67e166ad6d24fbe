"""The customer's own account."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import AccountsRequest
from infacta.paging import page_of

SESSIONS_A_PAGE = 10


@require_safe
def account(request: AccountsRequest) -> HttpResponse:
    """Contact data, and the login sessions of the last year (promises C6, C16)."""
    page = page_of(request.user.login_sessions.filter(area="resources"), request.GET.get("page"), SESSIONS_A_PAGE)
    return render(request, "accounts/account.html", {"page": page, "current": request.login_session})
