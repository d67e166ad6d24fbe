from purchases.models.product_code import ProductCode
from purchases.models.purchase import Purchase, PurchaseItem
from purchases.models.reversal import Reversal
from purchases.models.webhook_event import EventKind, EventState, WebhookEvent

__all__ = ["EventKind", "EventState", "ProductCode", "Purchase", "PurchaseItem", "Reversal", "WebhookEvent"]
