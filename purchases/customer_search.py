"""Customers are found by the reference that a partner gave their order."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.customer_search import Search, register
from accounts.models import User
from purchases.models import Purchase
from purchases.partners.registry import PARTNERS


def by_order_reference(typed: str) -> QuerySet[User]:
    """The partners are named, so that the unique key of orders finds it."""
    orders = Purchase.objects.filter(partner__in=PARTNERS, order_reference=typed)
    return User.objects.filter(pk__in=orders.values("user"))


register(Search("order", _("order reference"), by_order_reference))
