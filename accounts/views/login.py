"""Log-in and log-out of customers, at /resources/ (promises C1, C3, C6, C12)."""

from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import authentication, cookie_check, cookies
from accounts.admission import admit
from accounts.decorators import open_to_strangers
from accounts.forms.passwords import LogInForm
from accounts.requests import AccountsRequest
from accounts.views.refusals import refuses_too_many_tries
from privacy import gpc
from privacy.areas import RESOURCES, Area, area_of


@open_to_strangers
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("Cookie", gpc.HEADER)
@refuses_too_many_tries
def log_in(request: AccountsRequest) -> HttpResponse:
    """The log-in page. It tests whether cookies work, greets a browser that it knows, and fills in a remembered address."""
    if request.method != "POST":
        return show(request)
    form = LogInForm(request, request.POST)
    if not form.is_valid():
        return page(request, form, request.POST.get("next", ""))
    return admit(request, form.user, next_page=destination(request.POST.get("next", "")), remember=form.cleaned_data.get("remember", False))


def show(request: AccountsRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(destination(request.GET.get("next", "")))
    refused = cookie_check.is_refused(request)
    if not refused and not cookie_check.came_back(request):
        return cookie_check.begin(request)
    address = cookies.remembered_address(request)
    form = LogInForm(request, initial={"email": address, "remember": bool(address)})
    if refused:
        form.fields.pop("remember", None)
    else:
        form.fields["password" if address else "email"].widget.attrs["autofocus"] = True
    return page(request, form, request.GET.get("next", ""), greeting_name=cookies.greeting_name(request), cookies_refused=refused)


def page(request: AccountsRequest, form: LogInForm, next_page: str, **more: Any) -> HttpResponse:
    """The log-in page. Where no cookie is accepted it sets none, and offers nothing that would need one."""
    context = {"form": form, "next": next_page, "gpc": gpc.opted_out(request), "knows_somebody": cookies.knows_somebody(request)}
    return render(request, "accounts/log_in.html", context | more)


def destination(wanted: str) -> str:
    """Where to go after the log-in: only ever to a page of the customer resources area on this very site (ASVS 3.7.2)."""
    return wanted if is_within(wanted, RESOURCES) else resolve_url(settings.LOGIN_REDIRECT_URL)


def is_within(wanted: str, area: Area) -> bool:
    """Whether this is the address of a page of the area. Browsers walk a path with ".." in it, however that is written, out of the area again."""
    path = unquote(wanted.partition("?")[0])
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and area_of(path) is area and ".." not in path.split("/")
    return safe and wanted.isprintable()


@require_POST
def log_out(request: AccountsRequest) -> HttpResponse:
    response = redirect("accounts:log_in")
    authentication.log_out(request, response)
    messages.success(request, _("You are logged out."))
    return response
