"""Pages about an erasure that need no log-in, for there may be no account any more."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import RECEIPTS_NETWORK, demand
from accounts.views.refusals import refuses_too_many_tries
from infacta.network import client_ip, network_of
from infacta.private_pages import private
from rights.erasure.asking import TooLate, behind_link
from rights.erasure.asking import cancel as cancel_request
from rights.erasure.receipts import erasure_behind, lines_of
from rights.models import State


@private
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link leads to a page with a button: what mail programs open by themselves cancels nothing."""
    wanted = behind_link(token)
    if wanted is None:
        return render(request, "rights/dead_erasure_link.html", status=404)
    if request.method == "POST":
        with suppress(TooLate):  # the page says how it stands
            cancel_request(wanted, request=request)
        wanted.refresh_from_db()
    return render(request, "rights/erasure_cancel.html", {"wanted": wanted, "waits": wanted.state == State.WAITING})


@private
@refuses_too_many_tries
@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """What was done; while it is not done the page says so, and nothing else. Numbers cannot be guessed, and nobody shall try."""
    demand(RECEIPTS_NETWORK, network_of(client_ip(request)))
    erasure = erasure_behind(number)
    if erasure is None:
        return render(request, "rights/dead_erasure_link.html", status=404)
    return render(request, "rights/erasure_receipt.html", {"erasure": erasure, "lines": lines_of(erasure)})
