"""Log-in of staff at /staff/, in two steps: password, then second factor. Whoever has none yet enrols it in between."""

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp.models import Device

from accounts import admission, authentication, candidates, enrolment, second_factor
from accounts.forms.passwords import StaffLogInForm
from accounts.forms.second_factor import ConfirmationForm, EnrolmentForm, SecondFactorForm
from accounts.holds import is_held
from accounts.models import User
from accounts.requests import AccountsRequest
from accounts.views.login import is_within
from accounts.views.refusals import refuses_too_many_tries
from privacy.areas import STAFF

CANDIDATE = "staff"  # the step between password and second factor


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def log_in(request: AccountsRequest) -> HttpResponse:
    """The first step. It admits nowhere; it only opens the second."""
    if admin.site.has_permission(request):
        return redirect("admin:index")
    form = StaffLogInForm(request, request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/staff_log_in.html", {"form": form})
    candidates.note(request, CANDIDATE, form.user)
    enrolment.forget(request)
    return redirect("admin:second_factor" if second_factor.app_of(form.user) else "admin:enrol")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def give_second_factor(request: AccountsRequest) -> HttpResponse:
    """The second step: a code of the authenticator app, or a recovery code."""
    user = candidate(request)
    if user is None or second_factor.app_of(user) is None:
        return redirect("admin:login")
    form = SecondFactorForm(request, user, request.POST or None, with_recovery_code="recovery-code" in request.GET, with_passkeys=False)
    if not form.is_valid():
        return render(request, "accounts/staff_second_factor.html", {"form": form})
    return admitted(request, redirect("admin:index"), user, form.device)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def enrol(request: AccountsRequest) -> HttpResponse:
    """Enrol an authenticator app: for staff who have none yet, after their password; for others, to replace the one they have."""
    user = person_enrolling(request)
    if user is None:
        return redirect("admin:login")
    if is_held(user.pk):
        return admission.refuse(request, user)
    form = EnrolmentForm(request, user, request.POST or None, may_replace=request.user.is_authenticated)
    if not form.is_valid():
        return render(request, "accounts/staff_enrol.html", {"form": form})
    response = render(request, "accounts/staff_recovery_codes.html", {"codes": form.codes, "enrolled": True})
    return admitted(request, response, user, form.enrolment.device)


@require_POST
def renew_recovery_codes(request: AccountsRequest) -> HttpResponse:
    """Ten new recovery codes, for staff who are logged in with their second factor."""
    if not request.user.is_authenticated or not request.user.is_verified():
        return redirect("admin:login")
    codes = second_factor.renew_codes(request, request.user)
    return render(request, "accounts/staff_recovery_codes.html", {"codes": codes, "enrolled": False})


@never_cache
@sensitive_post_parameters("password", "token")
@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def confirm(request: AccountsRequest) -> HttpResponse:
    """Prove once more who one is, by both factors, before much is taken away; then go on to where they wanted to go (ASVS 7.5.1)."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    if request.method != "POST" and request.login_session and request.login_session.is_freshly_confirmed:
        return redirect(destination(wanted))
    form = ConfirmationForm(
        request, request.user, request.POST or None, with_recovery_code="recovery-code" in request.GET, with_passkeys=False
    )
    if not form.is_valid():
        return render(request, "accounts/staff_confirm.html", {"form": form, "next": wanted})
    response = redirect(destination(wanted))
    if not authentication.confirm(request, response, form.user, form.device):
        return redirect("admin:login")
    return response


def destination(wanted: str) -> str:
    """A page of the staff area on this very site, and nothing else (ASVS 3.7.2)."""
    return wanted if is_within(wanted, STAFF) else resolve_url("admin:index")


@require_http_methods(["GET", "HEAD", "POST"])
def log_out(request: AccountsRequest) -> HttpResponse:
    """Log out; by POST alone, for a link must have no effect."""
    if request.method != "POST":
        return redirect("admin:index")
    response = redirect("admin:login")
    authentication.log_out(request, response)
    return response


def admitted(request: AccountsRequest, response: HttpResponse, user: User, device: Device | None) -> HttpResponse:
    """The response, with the cookie of a login session that was begun with this second factor; or the page of the account's hold."""
    candidates.forget(request, CANDIDATE)
    enrolment.forget(request)
    try:
        authentication.log_in(request, response, user, otp_device=device)
    except authentication.OnHold:
        return admission.refuse(request, user)
    return response


def candidate(request: AccountsRequest) -> User | None:
    """The member of staff who gave the right password in this browser."""
    return candidates.noted(request, CANDIDATE, User.objects.filter(is_staff=True))


def person_enrolling(request: AccountsRequest) -> User | None:
    """A member of staff who has proved enough to enrol an app: the second factor they have, or the password if they have none."""
    if request.user.is_authenticated:
        return request.user if request.user.is_verified() else None
    user = candidate(request)
    return user if user and second_factor.app_of(user) is None else None
