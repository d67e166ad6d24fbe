"""Step-up: proving once more who one is, before something that guards the account changes (ASVS 7.5.1)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import authentication
from accounts.forms.second_factor import ConfirmationForm
from accounts.requests import AccountsRequest
from accounts.views.login import destination
from accounts.views.refusals import refuses_too_many_tries


@sensitive_post_parameters("password", "token")
@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def confirm(request: AccountsRequest) -> HttpResponse:
    """Ask for the password, and for a code where the account has a second factor; then go on to where the person wanted to go."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    if request.method != "POST" and request.login_session and request.login_session.is_freshly_confirmed:
        return redirect(destination(wanted))
    form = ConfirmationForm(request, request.user, request.POST or None, with_recovery_code="recovery-code" in request.GET)
    if not form.is_valid():
        return render(request, "accounts/confirm.html", {"form": form, "next": wanted})
    response = redirect(destination(wanted))
    if not authentication.confirm(request, response, form.user, form.device):
        return redirect("accounts:log_in")
    return response
