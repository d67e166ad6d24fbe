"""What a customer may download: the pages (promise C5)."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import AccountsRequest
from downloads.cards import cards_of
from downloads.models import DownloadSession, Entitlement, Release
from downloads.models.release import ReleaseQuerySet
from downloads.personal_data import KEPT_READY
from infacta.paging import page_of
from privacy.ribbon import note

RELEASES_A_PAGE = 10
CODES_A_PAGE = 50
CHANGES_A_PAGE = 20


@require_safe
def home(request: AccountsRequest) -> HttpResponse:
    """What the customer bought: unlock codes, downloads remaining, and the latest release of each product."""
    note(request, KEPT_READY)
    return render(request, "downloads/home.html", {"cards": cards_of(request.user, request.GET.get("page"))})


@require_safe
def entitlement(request: AccountsRequest, pk: int) -> HttpResponse:
    """Everything about one product that the customer bought: all releases, all unlock codes, and the last downloads."""
    owned = get_object_or_404(Entitlement.objects.of(request.user).with_last_change().select_related("product", "edition"), pk=pk)
    page = page_of(releases_of(owned), request.GET.get("page"), RELEASES_A_PAGE)
    context = {
        "entitlement": owned,
        "page": page,
        "releases": [offer_of(owned, release) for release in page.rows],
        "codes": page_of(owned.unlock_codes.filter(revoked_at=None).order_by("unit"), request.GET.get("codes"), CODES_A_PAGE),
        "taken": owned.download_sessions.select_related("file")[:10],
    }
    return render(request, "downloads/entitlement.html", context)


def releases_of(owned: Entitlement) -> ReleaseQuerySet:
    """What the customer sees of the product, with whether they took a file of it (`taken`)."""
    taken = DownloadSession.objects.filter(entitlement=owned, file__release=OuterRef("pk"))
    shown = Release.objects.filter(product=owned.product).shown_to(owned.upgrades_until, timezone.now())
    return shown.annotate(taken=Exists(taken)).latest_first().prefetch_related("files__edition")


def offer_of(owned: Entitlement, release: Release) -> dict[str, Any]:
    """A release with what of it is included: its files for the edition, or none if it came after the end of the upgrades."""
    included = release.is_included(owned.upgrades_until)
    files = [file for file in release.files.all() if owned.has_edition_of(file)] if included else []
    return {"release": release, "included": included, "files": files}


@require_safe
def allowance(request: AccountsRequest, pk: int) -> HttpResponse:
    """Every change of the downloads of one product, the latest first, with what was left after it."""
    owned = get_object_or_404(Entitlement.objects.of(request.user).select_related("product"), pk=pk)
    changes = owned.allowance_entries.with_left().select_related("session__file")
    context = {"entitlement": owned, "page": page_of(changes, request.GET.get("page"), CHANGES_A_PAGE)}
    return render(request, "downloads/allowance.html", context)
