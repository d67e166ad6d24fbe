from purchases.models.product_code import ProductCode
from purchases.models.purchase import Purchase, PurchaseItem
from purchases.models.webhook_event import EventState, WebhookEvent

__all__ = ["EventState", "ProductCode", "Purchase", "PurchaseItem", "WebhookEvent"]
