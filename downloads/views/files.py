"""The downloads themselves, and the small files beside them (promises C5, C7)."""

from base64 import b64decode
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.authentication import OnHold
from accounts.requests import AccountsRequest
from downloads.delivery.gate import Refusal, refusal_by_facts, refusal_of
from downloads.delivery.sending import deliver
from downloads.delivery.taking import taken
from downloads.models import DownloadSession, Entitlement, ReleaseFile
from downloads.models.session import NothingLeft
from downloads.views import refused
from infacta.attachment import BINARY, attachment
from infacta.paging import number_in


@require_POST
def take(request: AccountsRequest, pk: int) -> HttpResponse:
    """The Download button: spends one download, unless this file was taken within the last day, and leads to the file."""
    owned, file = owned_file(request, pk, number_in(request.POST.get("file")))
    if refusal := refusal_by_facts(owned.held, owned, file, timezone.now()):
        return refused.page(request, owned, refusal)
    if not file.is_stored():
        return refused.page(request, owned, Refusal.MISSING)
    try:
        session = taken(request, request.user, owned, file)
    except NothingLeft:
        return refused.page(request, owned, Refusal.NOTHING_LEFT)
    except OnHold:
        return refused.page(request, owned, Refusal.HELD)
    return HttpResponse(status=303, headers={"Location": reverse("downloads:download", args=[session.key])})


def owned_file(request: AccountsRequest, pk: int, number: int | None) -> tuple[Any, ReleaseFile]:
    """What the customer bought, with whether the account is on hold (`held`), and a published file of that product; 404 for anything else."""
    owned = get_object_or_404(Entitlement.objects.of(request.user).with_held().select_related("product"), pk=pk)
    file = get_object_or_404(ReleaseFile.objects.select_related("release"), pk=number, release__product=owned.product_id)
    if not file.release.is_out(timezone.now()):
        raise Http404
    return owned, file


@require_safe
def signature(request: AccountsRequest, pk: int, file: int) -> HttpResponse:
    """The detached signature of a file: 64 bytes, as `openssl` reads them."""
    owned, signed = owned_file(request, pk, file)
    if not signed.signature:
        raise Http404
    return beside(request, owned, signed, ".sig", b64decode(signed.signature), BINARY)


@require_safe
def checksum(request: AccountsRequest, pk: int, file: int) -> HttpResponse:
    """What the signature is of: the file's SHA-256 and its name, as `sha256sum --check` reads them."""
    owned, signed = owned_file(request, pk, file)
    return beside(request, owned, signed, ".sha256", signed.statement.encode(), "text/plain; charset=utf-8")


def beside(request: AccountsRequest, owned: Any, file: ReleaseFile, ending: str, content: bytes, content_type: str) -> HttpResponse:
    """A small file that belongs to a release file. Whoever may have that may have this, as often as they like: it costs no download."""
    if refusal := refusal_by_facts(owned.held, owned, file, timezone.now()):
        return refused.page(request, owned, refusal)
    headers = {"Content-Disposition": attachment(f"{file.name}{ending}")}
    return HttpResponse(content, content_type=content_type, headers=headers)


@require_safe
def download(request: AccountsRequest, key: UUID) -> HttpResponseBase:
    """The file of a download session, as often as the browser needs to fetch it whole. Everything is checked again each time."""
    sessions = DownloadSession.objects.of(request.user)
    session = get_object_or_404(sessions.select_related("entitlement__product", "file__release"), key=key)
    refusal = refusal_of(session, timezone.now())
    refuse = partial(refused.page, request, session.entitlement)
    return refuse(refusal) if refusal else deliver(request, session, refuse)
