"""The detector that reads the history of requests for help with the log-in (docs/misuse.md). What it finds is for staff to look at."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from accounts.detectors import Watch
from accounts.detectors.base import Steps
from accounts.detectors.watches import declared


@dataclass(frozen=True)
class OrderClaimed(Watch):
    """Somebody may change their mailbox, and a family may write from two: so it begins with three."""

    slug = "order_claimed"
    name = _("one order claimed from many addresses")
    sentence = _("People who cannot log in name the same order, and wish to be reached at different addresses, within three months.")
    subject = "order"
    words: ClassVar = {
        "claiming_requests": _("requests that named the order"),
        "claiming_addresses": _("addresses that they wished to be reached at"),
        "claims_refused": _("of them refused before"),
    }

    window: timedelta = timedelta(days=90)
    least: int = 3
    addresses: Steps = ((3, 40), (5, 60))


ORDER_CLAIMED = declared(OrderClaimed())
