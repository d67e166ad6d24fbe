"""Who has priority support, and for what (promise C9)."""

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from downloads.models import Entitlement, Product


def products_with_priority(user: User) -> list[Product]:
    """What the customer has, whose upgrades still run, in an edition that brings priority support, or in none, for that brings all. One query."""
    running = Q(upgrades_until=None) | Q(upgrades_until__gte=timezone.now())
    entitled = Entitlement.objects.filter(running, user=user, revoked_at=None).exclude(edition__priority_support=False)
    return list(Product.objects.filter(pk__in=entitled.values("product")))
