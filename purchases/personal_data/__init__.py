"""What purchases declare of personal data."""

from purchases.personal_data import orders, set_up, told
from purchases.personal_data.rules import BUYERS, HANDED_OVER, NOTIFICATIONS, ORDERS_OF_NOBODY

__all__ = ["BUYERS", "HANDED_OVER", "NOTIFICATIONS", "ORDERS_OF_NOBODY", "orders", "set_up", "told"]
