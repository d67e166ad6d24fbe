"""Purchases of earlier years, out of a file: first a preview, and then each as a notification, which is fulfilled as if a partner had sent it.

Importing twice, or again after it was killed half-way, grants nothing twice: a notification is kept once by its key, and an order is recorded once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from infacta.batches import batches
from purchases.books.exported import Order
from purchases.books.reconciliation import Seen, purchases_by_reference
from purchases.intake.handling import handle
from purchases.models import Channel, EventState, ProductCode, WebhookEvent
from purchases.partners import own_format
from purchases.partners.base import Event, Notification, Partner
from purchases.reception import accept

BATCH = 500


class What(Enum):
    """What becomes of an order of the file."""

    GRANTED = "granted"
    KNOWN = "known"
    WAITS = "waits"
    REFUNDED = "refunded"
    DOUBLED = "doubled"
    WRONG = "wrong"
    KEPT = "kept"


@dataclass(frozen=True)
class Verdict:
    """An order of the file, what becomes of it, and why; `code` is one that nobody knows."""

    order: Order
    what: What
    why: str = ""
    code: str = ""


class Import:
    """Looks at the orders of a file for a partner, and grants them if asked to."""

    def __init__(self, partner: Partner, *, mailed: bool = False) -> None:
        self.partner, self.channel = partner, Channel.RECONCILE if mailed else Channel.MANUAL
        self.seen = Seen()
        self.meanings: dict[str, bool] = {}

    def preview(self, orders: Iterable[Order]) -> Iterator[Verdict]:
        """What would become of each order; nothing is written. Two queries for each batch, and some for each new product code."""
        for batch in batches(orders, BATCH):
            known = purchases_by_reference(self.partner.slug, [order.reference for order in batch])
            yield from (self.judged(order, order.reference in known) for order in batch)

    def grant(self, orders: Iterable[Order]) -> Iterator[Verdict]:
        """Do it, an order at a time; each is in the database before the next one begins."""
        return (self.granted(verdict) if self.is_to_do(verdict) else verdict for verdict in self.preview(orders))

    def keep(self, orders: Iterable[Order]) -> Iterator[Verdict]:
        """Keep each order as a notification, and leave the work to the workers."""
        return (self.kept(verdict)[0] if self.is_to_do(verdict) else verdict for verdict in self.preview(orders))

    def is_to_do(self, verdict: Verdict) -> bool:
        return verdict.what in (What.GRANTED, What.WAITS)

    def judged(self, order: Order, is_known: bool) -> Verdict:
        is_first = self.seen.name(order) or not order.reference
        if order.event is None:
            return Verdict(order, What.WRONG, order.wrong)
        if not is_first or order.doubled:
            return Verdict(order, What.DOUBLED, _("The file names this order more than once; no line of it is taken twice."))
        if is_known:
            return Verdict(order, What.KNOWN)
        if order.is_refunded:
            return Verdict(order, What.REFUNDED)
        return self.judged_new(order, order.event)

    def judged_new(self, order: Order, event: Event) -> Verdict:
        if order.is_partly_refunded:
            return Verdict(order, What.WRONG, _("A part of the price was refunded: staff decide what of it is granted."))
        if order.is_renewal and not event.parent_order_reference:
            return Verdict(order, What.WRONG, _("A renewal: the column renews must name the order that it renews."))
        for line in event.lines:
            if not self.knows(line.product_code):
                return Verdict(
                    order, What.WAITS, _("Nobody knows the product code %(code)s.") % {"code": line.product_code}, line.product_code
                )
        return Verdict(order, What.GRANTED)

    def knows(self, code: str) -> bool:
        if code not in self.meanings:
            self.meanings[code] = ProductCode.objects.meaning_of(self.partner.slug, code) is not None
        return self.meanings[code]

    def kept(self, verdict: Verdict) -> tuple[Verdict, str]:
        """The notification is there, from now or from before; and its key."""
        order = verdict.order
        key = f"import:{order.reference}"
        is_new = accept(self.partner, Notification(own_format.read(order.payload, key), order.payload), self.channel)
        return Verdict(order, What.KEPT, "" if is_new else _("It was kept before."), verdict.code), key

    def granted(self, verdict: Verdict) -> Verdict:
        """Work on it now, and say in which state it is then."""
        kept, key = self.kept(verdict)
        handle(WebhookEvent.objects.get(partner=self.partner.slug, event_key=key).pk)
        row = WebhookEvent.objects.get(partner=self.partner.slug, event_key=key)
        states = {EventState.FULFILLED: What.GRANTED, EventState.WAITING: What.WAITS, EventState.RECEIVED: What.KEPT}
        return Verdict(kept.order, states.get(EventState(row.state), What.WRONG), row.state_reason, row.unknown_code)
