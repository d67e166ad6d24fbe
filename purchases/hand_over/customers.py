"""Buying in the customer resources area: new products, and upgrades and renewals of what the customer has (promise C14)."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.requests import AccountsRequest
from downloads.models import Entitlement, Product
from purchases.hand_over.steps import Counter, offers_of, serve
from purchases.models import Offer, OfferKind

BASE = "resources_base.html"
OWNED_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def buy(request: AccountsRequest, slug: str) -> HttpResponse:
    """A new purchase by somebody who is logged in, with the way to the upgrades of what they have of it."""
    mine = Exists(Entitlement.objects.filter(user=request.user, product=OuterRef("pk")))
    product = get_object_or_404(Product.objects.filter(Q(is_public=True) | mine), slug=slug)
    owned = list(owned_by(request.user).filter(product=product)[:OWNED_SHOWN])
    return serve(request, counter_for(request, product, offers_of(product, OfferKind.NEW), extra={"owned": owned}))


@require_http_methods(["GET", "HEAD", "POST"])
def upgrade(request: AccountsRequest, slug: str, pk: int) -> HttpResponse:
    """How to go on with one entitlement: a renewal of its upgrade period, or an upgrade to another edition; and why."""
    owned = get_object_or_404(owned_by(request.user), pk=pk, product__slug=slug)
    offers = [offer for offer in offers_of(owned.product, OfferKind.RENEWAL, OfferKind.UPGRADE) if fits(offer, owned)]
    return serve(request, counter_for(request, owned.product, offers, entitlement=owned, initial={"quantity": owned.units_left}))


def owned_by(user: Any) -> Any:
    """What of theirs can be upgraded: whatever was not taken back."""
    return Entitlement.objects.of(user).filter(revoked_at=None).select_related("product", "edition")


def fits(offer: Offer, owned: Entitlement) -> bool:
    """A renewal is of use where the upgrades end, and in the edition that one has; an upgrade leads to another edition."""
    if offer.kind == OfferKind.RENEWAL:
        return owned.upgrades_until is not None and offer.edition_id in (None, owned.edition_id)
    return offer.edition_id != owned.edition_id


def counter_for(request: AccountsRequest, product: Product, offers: list[Offer], **more: Any) -> Counter:
    user: User = request.user
    return Counter(product, offers, base=BASE, customer=user, known=known_of(user), **more)


def known_of(user: User) -> dict[str, str]:
    """The customer's contact data by the names that checkouts may ask for. A name is divided before its last word, and can be corrected."""
    first, _space, last = user.name.rpartition(" ")
    parts = user.contact_parts | {"email": user.email, "first_name": first or last, "last_name": last if first else ""}
    return {name: value for name, value in parts.items() if value}
