"""Promotional codes are found as they are typed: by their digest."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.row_search import RowSearch, register_rows
from promotions.code_format import NotAPromoCode, digest_of, normalised
from promotions.models import PromoCode


def promo_codes(typed: str) -> QuerySet[PromoCode] | None:
    try:
        symbols = normalised(typed)
    except NotAPromoCode:
        return None
    return PromoCode.objects.filter(digest=digest_of(symbols)).select_related("batch__promotion")


register_rows(
    RowSearch(
        "promo_code",
        _("promotional code"),
        _("Promotional codes"),
        "promotions.view_promocode",
        promo_codes,
        lambda code: f"{code.batch.promotion}, {code.batch}",
        "admin:promotions_promocode_change",
    )
)
