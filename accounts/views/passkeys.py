"""Passkeys of a customer: added and removed; they are given in the forms of accounts/forms/second_factor.py."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import authentication, passkeys, second_factor
from accounts.decorators import freshly_confirmed
from accounts.forms.second_factor import PasskeyForm
from accounts.requests import AccountsRequest


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_confirmed
def add(request: AccountsRequest) -> HttpResponse:
    """Add a passkey, beside an authenticator app."""
    if second_factor.app_of(request.user) is None:
        return redirect("accounts:security")
    form = PasskeyForm(request, request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/add_passkey.html", {"form": form})
    messages.success(request, _("The passkey is added."))
    return renewed(request)


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_confirmed
def remove(request: AccountsRequest, pk: int) -> HttpResponse:
    """Forget a passkey of one's own."""
    passkey = get_object_or_404(passkeys.passkeys_of(request.user), pk=pk)
    if request.method != "POST":
        return render(request, "accounts/remove_passkey.html", {"passkey": passkey})
    passkeys.remove(request, request.user, passkey)
    messages.success(request, _("The passkey is removed. Wherever else you were logged in, you are not any more."))
    return renewed(request)


def renewed(request: AccountsRequest) -> HttpResponse:
    """Back to the page of security, with new secrets. A log-in that rested on a passkey which is gone rests on the app that stays."""
    response = redirect("accounts:security")
    device = request.user.otp_device
    gone = device and not type(device).objects.filter(pk=device.pk).exists()
    authentication.renew(request, response, request.user, second_factor.app_of(request.user) if gone else device)
    return response
