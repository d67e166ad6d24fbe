"""The page of an account on hold: what happened, and how to appeal (promises C4, C19)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import candidates
from accounts.admission import HELD
from accounts.decorators import open_to_strangers
from accounts.holds import hold_of
from accounts.models import User
from accounts.requests import AccountsRequest


@open_to_strangers
@require_http_methods(["GET", "HEAD"])
def held(request: AccountsRequest) -> HttpResponse:
    """Shown to whoever has just given the right password, and to nobody else."""
    user = candidates.noted(request, HELD, User.objects.all())
    hold = hold_of(user.pk) if user else None
    if hold is None:
        return redirect("accounts:log_in")
    return render(request, "accounts/held.html", {"hold": hold})
