"""Customers, orders and notifications are found by the reference that a partner gave the order."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.customer_search import Search, register
from accounts.models import User
from accounts.row_search import RowSearch, register_rows, spellings_of_order
from purchases.models import Purchase, WebhookEvent
from purchases.partners.registry import PARTNERS


def by_order_reference(typed: str) -> QuerySet[User]:
    """The partners are named, so that the unique key of orders finds it."""
    return User.objects.filter(pk__in=orders(typed).order_by().values("user"))


def orders(typed: str) -> QuerySet[Purchase]:
    return Purchase.objects.filter(partner__in=PARTNERS, order_reference__in=spellings_of_order(typed))


def notifications(typed: str) -> QuerySet[WebhookEvent]:
    """The index of partner and reference finds them."""
    return WebhookEvent.objects.filter(partner__in=PARTNERS, order_reference__in=spellings_of_order(typed))


register(Search("order", _("order reference"), by_order_reference))
register_rows(
    RowSearch(
        "purchase",
        _("order reference"),
        _("Purchases"),
        "purchases.view_purchase",
        orders,
        lambda purchase: f"{PARTNERS[purchase.partner].name} {purchase.order_reference}",
        "admin:purchases_purchase_change",
    )
)
register_rows(
    RowSearch(
        "notification",
        _("order reference"),
        _("Partners' notifications"),
        "purchases.view_webhookevent",
        notifications,
        lambda event: f"{PARTNERS[event.partner].name} {event.order_reference}: {event.get_kind_display()}, {event.get_state_display()}",
        "admin:purchases_webhookevent_change",
    )
)
