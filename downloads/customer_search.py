"""Customers are found by their unlock codes."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.customer_search import Search, register
from accounts.models import User
from downloads.unlock_code_format import NotAnUnlockCode, normalised


def by_unlock_code(typed: str) -> QuerySet[User]:
    """The code as a customer reads it out: without dashes, in small letters, with O for 0."""
    try:
        code = normalised(typed)
    except NotAnUnlockCode:
        return User.objects.none()
    return User.objects.filter(entitlements__unlock_codes__code=code)


register(Search("unlock_code", _("unlock code"), by_unlock_code))
