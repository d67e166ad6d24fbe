"""Receipts of destruction: whoever has the number sees what the record says. It tells nothing of what was destroyed, nor of whom."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.limits import RECEIPTS_NETWORK, demand
from accounts.views.refusals import refuses_too_many_tries
from infacta.attachment import attachment
from infacta.network import client_ip, network_of
from support.destruction.receipts import is_code_of, receipt_behind, text_of
from support.models import Destruction

LONGEST = 100


def counted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Numbers cannot be guessed, and nobody shall try. No cache keeps the page, and no search engine lists it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        demand(RECEIPTS_NETWORK, network_of(client_ip(request)))
        response = view(request, *args, **values)
        response.headers["Cache-Control"], response.headers["X-Robots-Tag"] = "no-store", "noindex"
        return response

    return refuses_too_many_tries(guarded)


@require_safe
@counted
def find(request: HttpRequest) -> HttpResponse:
    """The form, and where it leads."""
    typed = request.GET.get("number", "")[:LONGEST]
    if typed and (record := receipt_behind(typed)):
        return redirect("help:receipt", record.number)
    return render(request, "support/receipts.html", {"typed": typed, "unknown": bool(typed)}, status=404 if typed else 200)


@require_safe
@counted
def show(request: HttpRequest, number: str) -> HttpResponse:
    record = receipt_behind(number)
    if record is None:
        return render(request, "support/receipts.html", {"typed": number[:LONGEST], "unknown": True}, status=404)
    code = request.GET.get("code", "")[:LONGEST]
    context = {"record": record, "code": code, "code_fits": bool(code) and is_code_of(record, code)}
    return render(request, "support/receipt.html", context)


@require_safe
@counted
def download(request: HttpRequest, number: str) -> HttpResponse:
    record = one_behind(number)
    headers = {"Content-Disposition": attachment(f"receipt-{record.number[:8]}.txt")}
    return HttpResponse(text_of(record), content_type="text/plain; charset=utf-8", headers=headers)


def one_behind(number: str) -> Destruction:
    record = receipt_behind(number)
    if record is None:
        raise Http404
    return record
