"""Ending one's other log-ins (promise C16; ASVS 7.5.2)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.other_sessions import LogInEnded, end_all, end_one
from accounts.requests import AccountsRequest


@require_POST
def end(request: AccountsRequest, pk: int) -> HttpResponse:
    """End one log-in. 404 for a stranger's; nothing happens to one that is over, and this one is ended by logging out."""
    session = get_object_or_404(request.user.login_sessions, pk=pk)
    if session == request.login_session:
        messages.warning(request, _("This is the log-in that you are using. To end it, log out."))
        return redirect("accounts:activity")
    try:
        ended = end_one(request, session)
    except LogInEnded:
        return redirect("accounts:activity")
    if ended:
        messages.success(request, _("That log-in is ended."))
    else:
        messages.info(request, _("That log-in was over already."))
    return redirect("accounts:activity")


@require_POST
def end_others(request: AccountsRequest) -> HttpResponse:
    """End every log-in but this one."""
    try:
        ended = end_all(request)
    except LogInEnded:
        return redirect("accounts:activity")
    if ended:
        messages.success(request, _("All other log-ins are ended."))
    else:
        messages.info(request, _("There was no other log-in to end."))
    return redirect("accounts:activity")
