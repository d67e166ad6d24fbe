from purchases.models.buyer import BuyerDetails
from purchases.models.form_profile import FormProfile
from purchases.models.offer import Offer, OfferKind, OfferOption
from purchases.models.order_mail_profile import OrderMailProfile
from purchases.models.partner_secret import PartnerSecret
from purchases.models.product_code import ProductCode
from purchases.models.purchase import Purchase, PurchaseItem, PurchaseReference
from purchases.models.reversal import Reversal
from purchases.models.silence import Silence
from purchases.models.webhook_event import AwaitedReference, Channel, EventKind, EventState, WebhookEvent

__all__ = [
    "AwaitedReference",
    "BuyerDetails",
    "Channel",
    "EventKind",
    "EventState",
    "FormProfile",
    "Offer",
    "OfferKind",
    "OfferOption",
    "OrderMailProfile",
    "PartnerSecret",
    "ProductCode",
    "Purchase",
    "PurchaseItem",
    "PurchaseReference",
    "Reversal",
    "Silence",
    "WebhookEvent",
]
