"""The cookies of this very browser: seen, explained, removed (promise C12)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import cookie_jar, cookies
from accounts.decorators import open_to_strangers
from accounts.personal_data import ACCOUNT, GREETING
from accounts.requests import AccountsRequest
from accounts.views.login import destination
from privacy import gpc
from privacy.areas import RESOURCES
from privacy.registry import registry

ALL = "all"


@open_to_strangers
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("Cookie", gpc.HEADER)
def in_this_browser(request: AccountsRequest) -> HttpResponse:
    """Which cookies came with this request, each with a button that removes it. Whoever has none is given none by looking."""
    if request.method == "POST":
        return remove(request)
    removed = [cookie for cookie in registry.cookies_of(RESOURCES) if cookie.name in request.GET.getlist("removed")]
    context = {
        "jar": cookie_jar.jar_of(request),
        "removed": [cookie for cookie in removed if cookie.full_name not in request.COOKIES],
        "gpc": gpc.opted_out(request),
    }
    return render(request, "accounts/cookies.html", context)


def remove(request: AccountsRequest) -> HttpResponse:
    """Remove one cookie, or all. What was removed is told in the address: a message would need a session, and so a cookie."""
    wanted = request.POST.get("remove", "")
    chosen = [shown.cookie for shown in cookie_jar.jar_of(request).ours if wanted in (ALL, shown.cookie.name)]
    told = urlencode([("removed", cookie.name) for cookie in chosen])
    response = HttpResponseRedirect(f"{request.path}?{told}" if told else request.path)
    cookie_jar.remove(request, response, chosen)
    return response


@open_to_strangers
@require_POST
def forget(request: AccountsRequest) -> HttpResponse:
    """ "Forget me on this computer": the name and the address go out of this browser, and the log-in page is as for a stranger."""
    query = f"?{urlencode({'next': destination(request.POST['next'])})}" if "next" in request.POST else ""
    response = redirect(resolve_url("accounts:log_in") + query)
    for cookie in (GREETING, ACCOUNT):
        cookies.take_away(cookie, request, response)
    messages.success(request, _("This browser has forgotten you."))
    return response
