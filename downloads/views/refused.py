"""A download that is refused: the audit log has it, and whoever asked reads why, and what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.limits import DOWNLOAD_REFUSALS_NOTED
from accounts.models import Throttle
from audit.kinds import Kind
from audit.log import record
from downloads.delivery.gate import Refusal
from downloads.models import Entitlement


def page(request: HttpRequest, owned: Entitlement, refusal: Refusal) -> HttpResponse:
    """For a customer in a browser."""
    note(request, owned, refusal)
    return render(request, "downloads/refused.html", {"refusal": refusal, "entitlement": owned}, status=refusal.status)


def text(request: HttpRequest, owned: Entitlement, refusal: Refusal) -> HttpResponse:
    """For a program, which shows it to its user or writes it down."""
    note(request, owned, refusal)
    return plain(str(refusal.words), refusal.status)


def plain(words: str, status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)


def note(request: HttpRequest, owned: Entitlement, refusal: Refusal) -> None:
    """Whoever presses on and on does not fill the log."""
    if Throttle.objects.admit(DOWNLOAD_REFUSALS_NOTED, str(owned.user_id)):
        record(Kind.DOWNLOAD_REFUSED, user=owned.user, request=request, product=owned.product.code, reason=refusal.name.lower())
