"""Customers told apart by what they own: a product, an edition of it, or what includes a version. Units that were all taken back are not owned."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audience import Audience, Choice, register
from downloads.models import Edition, Entitlement, Product, Release

MOST = 300
"""So many are offered for choice, the latest first."""


def products() -> Sequence[Choice]:
    return [(str(product.pk), product.name) for product in Product.objects.all()[:MOST]]


def owners_of_products(chosen: Sequence[str]) -> Q:
    return having(Q(product__in=chosen))


def editions() -> Sequence[Choice]:
    shown = Edition.objects.with_products()
    return [(str(edition.pk), f"{edition.product.name} {edition.name}") for edition in shown[:MOST]]


def owners_of_editions(chosen: Sequence[str]) -> Q:
    """Whoever bought before there were editions has all of them (Entitlement.has_edition_of)."""
    of_chosen = Edition.objects.filter(pk__in=chosen)
    return having(Q(edition__in=chosen) | Q(edition=None, product__in=of_chosen.values("product")))


def versions() -> Sequence[Choice]:
    """Those that are out; of a draft nobody knows yet when it counts from."""
    out = Release.objects.published(timezone.now()).select_related("product").order_by("-published_at", "-pk")
    return [(str(release.pk), str(release)) for release in out[:MOST]]


def owners_of_versions(chosen: Sequence[str]) -> Q:
    """Those whose upgrades reach as far as one of the versions (Release.is_included)."""
    dated = Release.objects.filter(pk__in=chosen, product=OuterRef("product")).exclude(counts_from=None)
    return having(Q(Exists(dated.included(OuterRef("upgrades_until")))))


def having(condition: Q) -> Q:
    """That an account has an entitlement like this: in a sub-query, so that two of them make no two rows."""
    return Q(pk__in=Entitlement.objects.filter(condition, revoked_at=None).values("user"))


register(Audience("product", _("owners of a product"), products, owners_of_products))
register(Audience("edition", _("owners of an edition"), editions, owners_of_editions))
register(Audience("version", _("owners of a version: it is among their upgrades"), versions, owners_of_versions))
