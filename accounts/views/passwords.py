"""Setting, renewing and changing passwords."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import admission, authentication, cookies, passwords
from accounts.addresses import address_key
from accounts.decorators import open_to_strangers
from accounts.forms.passwords import ChangePasswordForm, ForgottenPasswordForm, NewPasswordForm
from accounts.limits import PASSWORD_ADDRESS, PASSWORD_NETWORK, demand
from accounts.models import Throttle
from accounts.other_sessions import LogInEnded
from accounts.requests import AccountsRequest
from accounts.views.refusals import refuses_too_many_tries
from infacta.network import client_ip, network_of

LINK = "set_password_link"  # in the session: the link that this browser opened


@open_to_strangers
@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def forgotten(request: AccountsRequest) -> HttpResponse:
    """Ask for a set-password link. The answer is the same for every address (ASVS 6.3.8)."""
    form = ForgottenPasswordForm(request.POST or None, initial={"email": cookies.remembered_address(request)})
    if not form.is_valid():
        return render(request, "accounts/forgotten_password.html", {"form": form})
    address = form.cleaned_data["email"]
    demand(PASSWORD_NETWORK, network_of(client_ip(request)))
    if Throttle.objects.admit(PASSWORD_ADDRESS, address_key(address)):
        passwords.mail_link(request, address)
    return render(request, "accounts/forgotten_password_sent.html", {"address": address})


@open_to_strangers
@require_safe
def set_password_link(request: AccountsRequest, uid: str, token: str) -> HttpResponse:
    """What the mail links to. It moves the token out of the address, where histories and referrers would keep it, into a session
    whose number nobody has seen before (ASVS 7.2.4)."""
    if passwords.user_of_link(uid, token) is None:
        return link_is_dead(request)
    request.session.cycle_key()
    request.session[LINK] = [uid, token]
    return redirect("accounts:set_password")


@open_to_strangers
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: AccountsRequest) -> HttpResponse:
    """Choose the password. Nobody is logged in by it: the person logs in with what they chose."""
    uid, token = request.session.get(LINK, ["", ""])
    user = passwords.user_of_link(uid, token)
    if user is None:
        return link_is_dead(request, cookies_refused=not request.COOKIES)
    form = NewPasswordForm(user, request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/set_password.html", {"form": form, "account": user})
    user = passwords.set_password_by_link(request, uid, token, form.cleaned_data["new_password"])
    if user is None:
        return link_is_dead(request)
    del request.session[LINK]
    messages.success(request, _("Your password is set. Please log in with it."))
    response = redirect("admin:login" if user.is_staff else "accounts:log_in")
    cookies.greet_again(request, response, user, otherwise=cookies.LINK)
    return response


def link_is_dead(request: AccountsRequest, cookies_refused: bool = False) -> HttpResponse:
    return render(request, "accounts/dead_link.html", {"cookies_refused": cookies_refused}, status=404)


def proof_before(request: AccountsRequest) -> dict[str, Any]:
    """The second factor that the log-in rests on, and when it was given: the password alone does not confirm it anew (ASVS 7.5.1)."""
    device, session = request.user.otp_device, request.login_session
    return {"otp_device": device, "confirmed_at": session.confirmed_at} if device and session else {}


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def change(request: AccountsRequest, template: str = "accounts/change_password.html", done: str = "accounts:account") -> HttpResponse:
    """Change the password of whoever is logged in; every other log-in of the account ends."""
    form = ChangePasswordForm(request, request.user, request.POST or None)
    if not form.is_valid():
        return render(request, template, {"form": form})
    response = redirect(done)
    try:
        person = passwords.change_own_password(request, request.user, form.cleaned_data["new_password"])
    except LogInEnded:
        return response
    try:
        authentication.log_in(request, response, person, **proof_before(request))
    except authentication.OnHold:
        return admission.refuse(request, person)
    messages.success(request, _("Your password is changed. Wherever else you were logged in, you are not any more."))
    return response
