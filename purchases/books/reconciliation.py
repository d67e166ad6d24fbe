"""A partner's export beside our purchases: what is missing here, or there, what differs, and what stands twice; and repairing what is missing here."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.addresses import address_key
from infacta.batches import batches
from purchases.books.exported import Order
from purchases.intake.handling import event_of
from purchases.models import Channel, EventKind, EventState, Purchase, PurchaseReference, WebhookEvent
from purchases.models.purchase import Role
from purchases.models.webhook_event import OPEN
from purchases.partners import own_format
from purchases.partners.base import Event, Notification, Partner, Refused
from purchases.reception import accept

BATCH = 500
MISSING_HERE, MISSING_THERE, DIFFERENT, DOUBLED, WRONG = "missing here", "missing there", "different", "doubled", "wrong"
KINDS = (MISSING_HERE, MISSING_THERE, DIFFERENT, DOUBLED, WRONG)


@dataclass(frozen=True)
class Difference:
    """One line of the report: what kind, of which order, in which respect, and what each side says. `repaired` says what was done about it."""

    kind: str
    reference: str
    respect: str = ""
    here: str = ""
    there: str = ""
    repaired: str = ""


class Seen:
    """Which orders the export has named, and which of our purchases they were: on the disk, for there may be any number."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("")
        self.database.execute("CREATE TABLE named (reference TEXT PRIMARY KEY) WITHOUT ROWID")
        self.database.execute("CREATE TABLE matched (purchase INTEGER PRIMARY KEY)")
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.orders = 0

    def name(self, order: Order) -> bool:
        """Note the order; False if the export has named it before."""
        self.orders += 1
        if order.event and (at := order.event.purchased_at):
            self.first, self.last = min(self.first or at, at), max(self.last or at, at)
        return bool(self.database.execute("INSERT OR IGNORE INTO named VALUES (?)", [order.reference]).rowcount)

    def match(self, purchase: Purchase) -> None:
        self.database.execute("INSERT OR IGNORE INTO matched VALUES (?)", [purchase.pk])

    def has_matched(self, purchase: Purchase) -> bool:
        return self.database.execute("SELECT 1 FROM matched WHERE purchase = ?", [purchase.pk]).fetchone() is not None

    def span(self) -> tuple[datetime, datetime] | None:
        """From the first to the last order of the export; whole days if it tells no times."""
        if self.first is None or self.last is None:
            return None
        tells_days_alone = not any((at.hour, at.minute, at.second) != (0, 0, 0) for at in (self.first, self.last))
        return self.first, self.last + timedelta(days=1, microseconds=-1) if tells_days_alone else self.last


@dataclass
class Reconciliation:
    """Compares, and with `repairs` writes what is missing here as notifications in the site's own format; if it only `rehearses`, it says so alone."""

    partner: Partner
    repairs: bool = False
    since: datetime | None = None
    until: datetime | None = None
    rehearses: bool = False

    def __post_init__(self) -> None:
        self.seen = Seen()
        self.rows: dict[str, WebhookEvent] = {}
        self.rows_by_other_names = rows_by_other_names(self.partner.slug)

    def differences(self, orders: Iterable[Order]) -> Iterator[Difference]:
        """All of them: those of the export's orders as they come, and then what it lacks. A few queries for each batch."""
        for batch in batches(orders, BATCH):
            references = [order.reference for order in batch]
            known = purchases_by_reference(self.partner.slug, references)
            self.rows = rows_by_reference(self.partner.slug, [reference for reference in references if reference not in known])
            for order in batch:
                yield from self.of_order(order, known.get(order.reference))
        yield from self.missing_there()

    def of_order(self, order: Order, purchase: Purchase | None) -> Iterator[Difference]:
        is_first = self.seen.name(order) or not order.reference
        if purchase:
            self.seen.match(purchase)
        if not is_first or order.doubled:
            yield Difference(DOUBLED, order.reference, there=_("line %(line)d") % {"line": order.line})
        if order.event is None:
            yield Difference(WRONG, order.reference, there=f"{_('line %(line)d') % {'line': order.line}}: {order.wrong}")
        elif is_first and purchase is None:
            yield self.missing_here(order, order.event)
        elif is_first and purchase:
            yield from self.compared(order, order.event, purchase)

    def missing_here(self, order: Order, event: Event) -> Difference:
        """One that was refunded is not granted any more, a renewal of nobody knows what is for staff, and one whose notification waits is on its way."""
        row = self.rows.get(order.reference) or self.rows_by_other_names.get(order.reference)
        state = f"{row.get_state_display()}: {row.state_reason}".rstrip(": ") if row else ""
        what = _("refunded") if order.is_refunded else _("a renewal") if order.is_renewal else _("bought")
        may_be_granted = not (order.is_refunded or order.is_partly_refunded) and (not order.is_renewal or event.parent_order_reference)
        repaired = ""
        if self.repairs and may_be_granted and not (row and is_decided(row)):
            repaired = self.repair(event, order.payload, "purchase")
        return Difference(MISSING_HERE, order.reference, here=state, there=what, repaired=repaired)

    def compared(self, order: Order, event: Event, purchase: Purchase) -> Iterator[Difference]:
        """Each respect in which the two differ. Of what the export does not tell nothing is said."""
        reference = order.reference
        if event.buyer and address_key(event.buyer.email) != address_key(purchase.email):
            yield Difference(DIFFERENT, reference, "email", purchase.email, event.buyer.email)
        here, there = sum(item.quantity for item in purchase.items.all()), sum(line.quantity or 0 for line in event.lines)
        if event.lines and here != there:
            yield Difference(DIFFERENT, reference, "units", str(here), str(there))
        if prices_differ(event, purchase):
            yield Difference(DIFFERENT, reference, "total", price(purchase.currency, purchase.total), price(event.currency, event.total))
        yield from self.refunds_compared(order, purchase)

    def refunds_compared(self, order: Order, purchase: Purchase) -> Iterator[Difference]:
        is_refunded = not any(item.units_left for item in purchase.items.all())
        if is_refunded == order.is_refunded:
            return
        repaired = ""
        if order.is_refunded and self.repairs:
            payload: dict[str, Any] = {"type": "purchase.refunded", "data": {"order_reference": purchase.order_reference}}
            repaired = self.repair(own_format.read(payload, ""), payload, "refund")
        words = {True: _("refunded"), False: _("not refunded")}
        yield Difference(DIFFERENT, order.reference, "refunded", words[is_refunded], words[order.is_refunded], repaired)

    def repair(self, event: Event, payload: dict[str, Any], what: str) -> str:
        """Keep it as a notification, once, however often this is run; the usual intake does the rest, and customers get the usual mail."""
        key = f"reconcile:{what}:{event.order_reference}"
        if self.rehearses:
            is_there = WebhookEvent.objects.filter(partner=self.partner.slug, event_key=key).exists()
            return _("was written before") if is_there else "would be written"
        notification = Notification(own_format.read(payload, key), payload)
        return _("written") if accept(self.partner, notification, Channel.RECONCILE) else _("was written before")

    def missing_there(self) -> Iterator[Difference]:
        """Ours of those days that the export does not name."""
        span = self.seen.span()
        if span is None and not (self.since and self.until):
            return
        begin, end = self.since or (span and span[0]), self.until or (span and span[1])
        ours = Purchase.objects.filter(partner=self.partner.slug, purchased_at__range=(begin, end)).order_by("purchased_at", "pk")
        for purchase in ours.only("order_reference").iterator(BATCH):
            if not self.seen.has_matched(purchase):
                yield Difference(MISSING_THERE, purchase.order_reference, here=_("recorded"))


def purchases_by_reference(partner: str, references: list[str]) -> dict[str, Purchase]:
    """The purchases of these references, or that the partner joins others to by them; with their lines."""
    with_lines: QuerySet[Purchase] = Purchase.objects.prefetch_related("items__entitlement", "items__extension")
    own = {one.order_reference: one for one in with_lines.filter(partner=partner, order_reference__in=references)}
    left = [reference for reference in references if reference not in own]
    joined = (
        PurchaseReference.objects.filter(partner=partner, reference__in=left, role=Role.ORDER) if left else PurchaseReference.objects.none()
    )
    pairs = list(joined.values_list("reference", "purchase"))
    others = {one.pk: one for one in with_lines.filter(pk__in=[pk for _reference, pk in pairs])} if pairs else {}
    return own | {reference: others[pk] for reference, pk in pairs}


def rows_by_reference(partner: str, references: list[str]) -> dict[str, WebhookEvent]:
    """The latest notification of each of these orders: perhaps it only waits."""
    rows = WebhookEvent.objects.filter(partner=partner, order_reference__in=references).order_by("pk")
    return {row.order_reference: row for row in rows.only("order_reference", "kind", "state", "state_reason")}


def rows_by_other_names(partner: str) -> dict[str, WebhookEvent]:
    """Notifications of orders that granted nothing so far, by the references by which the partner names the order besides, such as a payment."""
    named = {}
    rows = WebhookEvent.objects.filter(partner=partner, kind=EventKind.PURCHASE).exclude(state=EventState.FULFILLED).order_by("pk")
    for row in rows.iterator(BATCH):
        with suppress(Refused, LookupError, TypeError, ValueError):  # what cannot be read any more names nothing
            named.update(dict.fromkeys(event_of(row).join_references, row))
    return named


def is_decided(row: WebhookEvent) -> bool:
    """Whether the order is on its way, or shall not be granted: a test, or one that staff closed."""
    return row.state in OPEN or (row.state == EventState.IGNORED and row.kind == EventKind.PURCHASE)


def prices_differ(event: Event, purchase: Purchase) -> bool:
    if event.total is None or purchase.total is None:
        return False
    return event.total != purchase.total or bool(event.currency and purchase.currency and event.currency != purchase.currency)


def price(currency: str, total: Decimal | None) -> str:
    return f"{currency} {total}".strip()
