"""“This was not me”: a page that says what will happen, and a button on it (promises C4, C16)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.activity import downloads_of
from accounts.limits import REPORTS, demand
from accounts.other_sessions import LogInEnded
from accounts.reports import Reported, report
from accounts.requests import AccountsRequest
from accounts.views.refusals import refuses_too_many_tries


@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def report_log_in(request: AccountsRequest, pk: int) -> HttpResponse:
    """Report one of one's own log-ins; 404 for a stranger's. Whoever uses this one cannot say that it is not theirs."""
    session = get_object_or_404(request.user.login_sessions, pk=pk)
    if session == request.login_session:
        messages.warning(
            request, _("This is the log-in that you are using. Did you not begin it yourself? Then log out, and change your password.")
        )
        return redirect("accounts:activity")
    return ask_or_report(request, Reported.log_in(session))


@require_http_methods(["GET", "HEAD", "POST"])
@refuses_too_many_tries
def report_download(request: AccountsRequest, pk: int) -> HttpResponse:
    """Report one of one's own downloads; 404 for a stranger's, and for whatever is no download."""
    return ask_or_report(request, Reported.download(get_object_or_404(downloads_of(request.user), pk=pk)))


def ask_or_report(request: AccountsRequest, reported: Reported) -> HttpResponse:
    """Looking has no effect. Pressing leads to a new password, which is what keeps the other one out."""
    if request.method != "POST":
        return render(request, "accounts/activity/report.html", {"reported": reported})
    demand(REPORTS, str(request.user.pk))
    try:
        report(request, reported)
    except LogInEnded:
        return redirect("accounts:activity")
    messages.success(
        request,
        _("Thank you. All other log-ins are ended, and our staff will look into it. Now choose a new password: the old one may be known."),
    )
    return redirect("accounts:change_password")
