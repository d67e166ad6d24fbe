"""The cards of what a customer bought, kept for a short while.

A card changes when its entitlement does, and then it has another key, so what is kept is never wrong about downloads
remaining or a refund. A new release is on it within half a minute. What may really be downloaded is decided when the
button is pressed.
"""

from hashlib import sha256

from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from downloads.models import Entitlement, Product, ReleaseFile, UnlockCode
from downloads.personal_data import CARDS_ARE_KEPT

CODES_ON_A_CARD = 3


def cards_of(entitlements: list[Entitlement]) -> SafeString:
    """The HTML of the cards of these entitlements, in this order."""
    if not entitlements:
        return SafeString("")
    key = f"cards:{get_language()}:{state_of(entitlements)}"
    cards: SafeString | None = cache.get(key)
    if cards is None:
        cards = rendered(entitlements)
        cache.set(key, cards, CARDS_ARE_KEPT.total_seconds())
    return cards


def state_of(entitlements: list[Entitlement]) -> str:
    """A digest of everything about these entitlements that their cards show."""
    shown = [(e.pk, e.product_id, e.units, e.units_revoked, e.downloads_allowed, e.downloads_used, e.revoked_at) for e in entitlements]
    return sha256(repr(shown).encode()).hexdigest()


def rendered(entitlements: list[Entitlement]) -> SafeString:
    product_ids = {entitlement.product_id for entitlement in entitlements}
    names = Product.objects.in_bulk(product_ids)
    codes = UnlockCode.objects.first_of(entitlements, CODES_ON_A_CARD)
    files: dict[int, list[ReleaseFile]] = {product_id: [] for product_id in product_ids}
    for file in ReleaseFile.objects.latest_of(product_ids, timezone.now()):
        files[file.release.product_id].append(file)
    cards = [
        {
            "entitlement": entitlement,
            "product": names[entitlement.product_id],
            "codes": codes[entitlement.pk],
            "more_codes": entitlement.units > CODES_ON_A_CARD,
            "files": files[entitlement.product_id],
        }
        for entitlement in entitlements
    ]
    return render_to_string("downloads/cards.html", {"cards": cards})
