"""The second step of a customer's log-in, for accounts that have a second factor."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import candidates, second_factor
from accounts.admission import AFTERWARDS, SECOND_FACTOR, admit
from accounts.decorators import open_to_strangers
from accounts.forms.second_factor import SecondFactorForm
from accounts.models import User
from accounts.requests import AccountsRequest
from accounts.views.login import destination
from accounts.views.refusals import refuses_too_many_tries


@open_to_strangers
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def give(request: AccountsRequest) -> HttpResponse:
    """A code of the authenticator app, or a recovery code, from whoever gave the right password within the last five minutes."""
    user = candidates.noted(request, SECOND_FACTOR, User.objects.all())
    if user is None or second_factor.app_of(user) is None:
        return begin_anew(request)
    form = SecondFactorForm(request, user, request.POST or None, with_recovery_code="recovery-code" in request.GET)
    if not form.is_valid():
        return render(request, "accounts/second_factor.html", {"form": form})
    candidates.forget(request, SECOND_FACTOR)
    next_page, remember = request.session.pop(AFTERWARDS, ["", False])
    return admit(request, user, next_page=destination(next_page), remember=remember, device=form.device)


def begin_anew(request: AccountsRequest) -> HttpResponse:
    if request.method == "POST":
        messages.warning(request, _("This took more than five minutes, so please give your password once more."))
    return redirect("accounts:log_in")
