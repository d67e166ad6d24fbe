"""Receipts of destruction: whoever has the number sees what the record says. It tells nothing of what was destroyed, nor of whom."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.limits import RECEIPTS_NETWORK, demand
from accounts.views.refusals import refuses_too_many_tries
from infacta.attachment import attachment
from infacta.network import client_ip, network_of
from infacta.private_pages import private
from support.destruction.receipts import is_code_of, receipt_behind, text_of

LONGEST = 100


def counted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Numbers cannot be guessed, and nobody shall try."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        demand(RECEIPTS_NETWORK, network_of(client_ip(request)))
        return view(request, *args, **values)

    return private(refuses_too_many_tries(guarded))


@require_safe
@counted
def find(request: HttpRequest) -> HttpResponse:
    """The form, and where it leads."""
    typed = request.GET.get("number", "")[:LONGEST]
    if typed and (record := receipt_behind(typed)):
        return redirect("help:receipt", record.number)
    return unknown(request, typed) if typed else render(request, "support/receipts.html")


def unknown(request: HttpRequest, typed: str) -> HttpResponse:
    return render(request, "support/receipts.html", {"typed": typed[:LONGEST], "unknown": True}, status=404)


@require_safe
@counted
def show(request: HttpRequest, number: str) -> HttpResponse:
    record = receipt_behind(number)
    if record is None:
        return unknown(request, number)
    code = request.GET.get("code", "")[:LONGEST]
    context = {"record": record, "code": code, "code_fits": bool(code) and is_code_of(record, code)}
    return render(request, "support/receipt.html", context)


@require_safe
@counted
def download(request: HttpRequest, number: str) -> HttpResponse:
    record = receipt_behind(number)
    if record is None:
        return unknown(request, number)
    headers = {"Content-Disposition": attachment(f"receipt-{record.number[:8]}.txt")}
    return HttpResponse(text_of(record), content_type="text/plain; charset=utf-8", headers=headers)
