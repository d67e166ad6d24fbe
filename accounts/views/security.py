"""What guards the customer's account: the password, the authenticator app, the recovery codes; passkeys are in passkeys.py (ASVS 6.3, 7.5.1)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django_otp.models import Device

from accounts import authentication, passkeys, second_factor
from accounts.decorators import freshly_confirmed
from accounts.forms.second_factor import EnrolmentForm
from accounts.requests import AccountsRequest
from accounts.views.refusals import refuses_too_many_tries
from audit.kinds import Kind
from audit.models import AuditEvent


@require_safe
def security(request: AccountsRequest) -> HttpResponse:
    """The state of all of it, and where to change it."""
    changes = AuditEvent.objects.filter(user=request.user, kind=Kind.PASSWORD_CHANGED)
    app = second_factor.app_of(request.user)
    context = {
        "password_changed_at": changes.order_by("-at").values_list("at", flat=True).first(),
        "app": app,
        "passkeys": passkeys.passkeys_of(request.user) if app else [],
        "most_passkeys": passkeys.MOST,
        "codes_left": second_factor.codes_left(request.user) if app else 0,
    }
    return render(request, "accounts/security.html", context)


@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
@freshly_confirmed
@refuses_too_many_tries
def enrol(request: AccountsRequest) -> HttpResponse:
    """Enrol an authenticator app, or replace the one there is: then its code was asked for when the person confirmed who they are."""
    proved = request.user.is_verified()
    form = EnrolmentForm(request, request.user, request.POST or None, may_replace=proved)
    if not form.is_valid():
        return render(request, "accounts/enrol.html", {"form": form, "replaces": proved})
    return with_codes(request, form.codes, form.enrolment.device, enrolled=True)


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_confirmed
def renew_recovery_codes(request: AccountsRequest) -> HttpResponse:
    """Ten new recovery codes in place of the old ones."""
    if second_factor.app_of(request.user) is None:
        return redirect("accounts:security")
    if request.method != "POST":
        return render(request, "accounts/renew_recovery_codes.html", {"codes_left": second_factor.codes_left(request.user)})
    codes = second_factor.renew_codes(request, request.user)
    return with_codes(request, codes, request.user.otp_device, enrolled=False)


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_confirmed
def remove(request: AccountsRequest) -> HttpResponse:
    """Switch the second factor off. Staff cannot: it guards the staff area too."""
    if request.user.is_staff or second_factor.app_of(request.user) is None:
        return redirect("accounts:security")
    if request.method != "POST":
        return render(request, "accounts/remove_second_factor.html")
    second_factor.remove(request, request.user)
    messages.success(request, _("The second factor is off. Wherever else you were logged in, you are not any more."))
    response = redirect("accounts:security")
    authentication.renew(request, response, request.user)
    return response


def with_codes(request: AccountsRequest, codes: list[str], device: Device | None, *, enrolled: bool) -> HttpResponse:
    """The page that shows the codes this once. The browser's secrets are renewed before it is rendered, so that its forms have the new
    token, and sending the last form again, by reloading the page, makes no newer codes."""
    response = TemplateResponse(request, "accounts/recovery_codes.html", {"codes": codes, "enrolled": enrolled})
    authentication.renew(request, response, request.user, device)
    return response
