"""The cards of what a customer bought, kept ready made for a short while.

Whatever changes what a customer has counts the account's version up in the same transaction, so what is kept for a version is
never wrong about downloads remaining or a refund. A new release is on the cards within half a minute. What may really be
downloaded is decided when the button is pressed. Each language is kept apart; no date stands on a card, so all time zones share it.
"""

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
        cards = rendered(page_of(Entitlement.objects.of(user), number, CARDS_A_PAGE))
        kept.put(key, cards)
    return cards


def rendered(page: Page[Entitlement]) -> SafeString:
    product_ids = {entitlement.product_id for entitlement in page.rows}
    products = Product.objects.in_bulk(product_ids)
    codes = UnlockCode.objects.first_of(page.rows, CODES_ON_A_CARD)
    files: dict[int, list[ReleaseFile]] = {product_id: [] for product_id in product_ids}
    for file in ReleaseFile.objects.latest_of(product_ids, timezone.now()):
        files[file.release.product_id].append(file)
    cards = [
        {
            "entitlement": entitlement,
            "product": products[entitlement.product_id],
            "codes": codes[entitlement.pk],
            "more_codes": entitlement.units > CODES_ON_A_CARD,
            "files": files[entitlement.product_id],
        }
        for entitlement in page.rows
    ]
    return render_to_string("downloads/cards.html", {"cards": cards, "page": page, "support_email": settings.SUPPORT_EMAIL})
