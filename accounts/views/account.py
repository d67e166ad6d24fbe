"""The customer's own account."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import AccountsRequest

SESSIONS_A_PAGE = 10


@require_safe
def account(request: AccountsRequest) -> HttpResponse:
    """Contact data, and the login sessions of the last year (promises C6, C16)."""
    page = Paginator(request.user.login_sessions.filter(area="resources"), SESSIONS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/account.html", {"page": page, "current": request.login_session})
