"""Customers are found by their unlock codes, and so are the codes."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.customer_search import Search, register
from accounts.models import User
from accounts.row_search import RowSearch, register_rows
from downloads.models import UnlockCode
from downloads.unlock_code_format import NotAnUnlockCode, normalised


def by_unlock_code(typed: str) -> QuerySet[User]:
    """The code as a customer reads it out: without dashes, in small letters, with O for 0."""
    codes = unlock_codes(typed)
    return User.objects.none() if codes is None else User.objects.filter(entitlements__unlock_codes__in=codes.order_by())


def unlock_codes(typed: str) -> QuerySet[UnlockCode] | None:
    try:
        code = normalised(typed)
    except NotAnUnlockCode:
        return None
    return UnlockCode.objects.filter(code=code).select_related("entitlement__product")


register(Search("unlock_code", _("unlock code"), by_unlock_code))
register_rows(
    RowSearch(
        "unlock_code",
        _("unlock code"),
        _("Unlock codes"),
        "downloads.view_unlockcode",
        unlock_codes,
        lambda code: f"{code.entitlement.product}: {_('taken back') if code.revoked_at else _('good')}",
        "admin:downloads_unlockcode_change",
    )
)
