"""Log-in and log-out of customers, at /resources/ (promises C1, C3, C6, C12)."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import authentication, cookies
from accounts.admission import admit
from accounts.decorators import open_to_strangers
from accounts.forms import LogInForm
from accounts.limits import TooManyTries
from accounts.personal_data import COOKIE_CHECK
from accounts.requests import AccountsRequest
from accounts.views.refusals import too_many_tries
from privacy.areas import RESOURCES, area_of


@open_to_strangers
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: AccountsRequest) -> HttpResponse:
    """The log-in page. It tests whether cookies work, greets a browser that it knows, and fills in a remembered address."""
    if request.method != "POST":
        return show(request)
    form = LogInForm(request, request.POST)
    try:
        if not form.is_valid():
            return render(request, "accounts/log_in.html", {"form": form, "next": request.POST.get("next", "")})
    except TooManyTries as refusal:
        return too_many_tries(request, refusal)
    return admit(request, form.user, next_page=destination(request.POST.get("next", "")), remember=form.cleaned_data["remember"])


def show(request: AccountsRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(destination(request.GET.get("next", "")))
    address = cookies.remembered_address(request)
    form = LogInForm(request, initial={"email": address, "remember": bool(address)})
    form.fields["password" if address else "email"].widget.attrs["autofocus"] = True
    context = {"form": form, "next": request.GET.get("next", ""), "greeting_name": cookies.greeting_name(request)}
    response = render(request, "accounts/log_in.html", context)
    COOKIE_CHECK.set_on(response, "1")
    return response


def destination(wanted: str) -> str:
    """Where to go after the log-in: only ever to a page of the customer resources area on this very site (ASVS 3.7.2)."""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and area_of(wanted.partition("?")[0]) is RESOURCES
    return wanted if safe and wanted.isprintable() else resolve_url(settings.LOGIN_REDIRECT_URL)


@require_POST
def log_out(request: AccountsRequest) -> HttpResponse:
    response = redirect("accounts:log_in")
    authentication.log_out(request, response)
    messages.success(request, _("You are logged out."))
    return response
