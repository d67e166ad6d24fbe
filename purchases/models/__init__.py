from purchases.models.buyer import BuyerDetails
from purchases.models.offer import Offer, OfferKind, OfferOption
from purchases.models.partner_secret import PartnerSecret
from purchases.models.product_code import ProductCode
from purchases.models.purchase import Purchase, PurchaseItem, PurchaseReference
from purchases.models.reversal import Reversal
from purchases.models.webhook_event import AwaitedReference, Channel, EventKind, EventState, WebhookEvent

__all__ = [
    "AwaitedReference",
    "BuyerDetails",
    "Channel",
    "EventKind",
    "EventState",
    "Offer",
    "OfferKind",
    "OfferOption",
    "PartnerSecret",
    "ProductCode",
    "Purchase",
    "PurchaseItem",
    "PurchaseReference",
    "Reversal",
    "WebhookEvent",
]
