"""The cards of what a customer bought, kept ready made for a short while.

Whatever changes what a customer has counts the account's version up in the same transaction, so what is kept for a version is
never wrong about downloads remaining or a refund. A new release is on the cards within half a minute. What may really be
downloaded is decided when the button is pressed. Each language is kept apart; no date stands on a card, so all time zones share it.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.models import User
from downloads.models import Entitlement, Product, ReleaseFile, UnlockCode
from downloads.personal_data import CARDS_ARE_KEPT
from infacta.kept import Kept
from infacta.paging import Page, page_number, page_of

CARDS_A_PAGE = 10
CODES_ON_A_CARD = 3
kept: Kept[SafeString] = Kept(CARDS_ARE_KEPT.total_seconds())


def cards_of(user: User, number: str | None) -> SafeString:
    """The HTML of one page of the customer's cards, newest first, with links to the other pages."""
    key = f"{get_language()}:{user.pk}:{user.version}:{page_number(number)}"
    cards = kept.get(key)
    if cards is None:
        cards = rendered(
            page_of(Entitlement.objects.of(user).select_related("edition").with_latest_release(timezone.now()), number, CARDS_A_PAGE)
        )
        kept.put(key, cards)
    return cards


def rendered(page: Page[Entitlement]) -> SafeString:
    products = Product.objects.in_bulk({entitlement.product_id for entitlement in page.rows})
    codes = UnlockCode.objects.first_of(page.rows, CODES_ON_A_CARD)
    files = list(ReleaseFile.objects.of(latest_of(page.rows)).select_related("release", "edition"))
    cards = [
        {
            "entitlement": entitlement,
            "product": products[entitlement.product_id],
            "codes": codes[entitlement.pk],
            "more_codes": entitlement.units > CODES_ON_A_CARD,
            "files": files_for(entitlement, files),
        }
        for entitlement in page.rows
    ]
    return render_to_string("downloads/cards.html", {"cards": cards, "page": page, "support_email": settings.SUPPORT_EMAIL})


def latest_of(owned: Iterable[Any]) -> set[int]:
    """The numbers of the releases to show: the latest one that each entitlement includes."""
    return {entitlement.latest_release for entitlement in owned if entitlement.latest_release}


def files_for(owned: Any, files: Iterable[ReleaseFile]) -> list[ReleaseFile]:
    """Those of the entitlement's latest release, in its edition."""
    return [file for file in files if file.release_id == owned.latest_release and owned.has_edition_of(file)]
