"""The staff side of purchases: the inbox of notifications, product codes, secrets, partners, imports, and the orders themselves."""

from purchases.admin.notifications import WebhookEventAdmin
from purchases.admin.offers import OfferAdmin
from purchases.admin.product_codes import ProductCodeAdmin
from purchases.admin.profiles import FormProfileAdmin, OrderMailProfileAdmin
from purchases.admin.purchases import PurchaseAdmin
from purchases.admin.secrets import PartnerSecretAdmin

__all__ = [
    "FormProfileAdmin",
    "OfferAdmin",
    "OrderMailProfileAdmin",
    "PartnerSecretAdmin",
    "ProductCodeAdmin",
    "PurchaseAdmin",
    "WebhookEventAdmin",
]
