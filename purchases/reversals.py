"""Refunds, chargebacks, and their reversals: the units concerned, and no more (rule 6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from audit.kinds import Kind
from audit.log import record
from downloads.models.allowance import Actor
from mailroom.outgoing import write
from purchases.models import EventKind, Purchase, PurchaseItem, Reversal, WebhookEvent
from purchases.models.webhook_event import GIVING_BACK
from purchases.partners.base import Event


@dataclass(frozen=True)
class Moved:
    """Units of a line that were taken back or given back."""

    item: PurchaseItem
    units: int


def take_back(row: WebhookEvent, event: Event) -> None:
    """Take back what was refunded or charged back. It may come before its purchase, and then waits for it (rule 3)."""
    purchase = purchase_of(row, event)
    if purchase is None:
        return None
    if event.tells_money_alone and not returns_all(event, purchase):
        return row.fail(_("Perhaps only a part of the price was returned: staff decide what to take back."))
    items, missing = items_of(purchase, event)
    if missing:
        return row.fail(_("The order has no line %(line)s.") % {"line": missing[0]})
    moved = [
        Moved(item, item.entitlement.revoke(item.entitlement.units if units is None else units, Actor.PARTNER, event.kind.value))
        for item, units in items
    ]
    note(purchase, event.kind, moved)
    taken = [part for part in moved if part.units]
    if not taken:
        return row.ignore(_("Nothing was left to take back."))
    write(
        "purchases/refunded",
        to=purchase.user.email,
        cause=f"reversal:{row.pk}",
        user=purchase.user,
        order=purchase.order_reference,
        taken=taken,
        all_taken=not any(item.entitlement.units - item.entitlement.units_revoked for item in fresh_items(purchase)),
    )
    row.fulfilled()
    WebhookEvent.objects.hurry_reversals(row.partner, purchase.order_reference)
    return None


def returns_all(event: Event, purchase: Purchase) -> bool:
    """Whether the whole price was returned; False if that cannot be told, for amounts in two currencies say nothing."""
    if event.total is None or purchase.total is None or event.currency != purchase.currency:
        return False
    return event.total >= purchase.total


def give_back(row: WebhookEvent, event: Event) -> None:
    """Give back what that refund or chargeback took; what was refunded besides stays refunded."""
    purchase = purchase_of(row, event)
    if purchase is None:
        return None
    taking = GIVING_BACK[event.kind]
    if not Reversal.objects.of(purchase, taking).exists():
        return row.wait(_("What it reverses has not come yet."))
    items, missing = items_of(purchase, event)
    if missing:
        return row.fail(_("The order has no line %(line)s.") % {"line": missing[0]})
    moved = []
    for item, units in items:
        outstanding = Reversal.objects.outstanding(item, taking)
        restored = outstanding if units is None else min(units, outstanding)
        moved.append(Moved(item, item.entitlement.restore(restored, Actor.PARTNER, event.kind.value)))
    note(purchase, event.kind, moved)
    return row.fulfilled() if any(part.units for part in moved) else row.ignore(_("Nothing was left to give back."))


def purchase_of(row: WebhookEvent, event: Event) -> Purchase | None:
    """The purchase that it is about, locked; otherwise None, and the row waits or is ignored.

    A partner may name the first order beside the charge that was refunded. If that charge was a renewal, the first order stays.
    """
    purchases = Purchase.objects.select_for_update(of=("self",)).select_related("user").filter(partner=row.partner)
    purchase = purchases.filter(order_reference=event.order_reference).first()
    if purchase:
        return purchase
    same_order = WebhookEvent.objects.filter(partner=row.partner, order_reference=event.order_reference)
    if same_order.filter(kind=EventKind.RENEWAL).exists():
        row.ignore(_("It is about a renewal, which granted nothing."))
        return None
    purchase = purchases.filter(order_reference=event.parent_order_reference or event.order_reference).first()
    if not purchase:
        row.wait(_("Its purchase has not come yet."))
    return purchase


def items_of(purchase: Purchase, event: Event) -> tuple[list[tuple[PurchaseItem, int | None]], list[int]]:
    """The lines concerned with their units (None: all), in one order for everybody, and the lines that the order does not have."""
    items = {item.line_number: item for item in fresh_items(purchase)}
    if not event.lines:
        return [(item, None) for item in items.values()], []
    named = sorted(event.lines, key=lambda line: line.line_number)
    missing = [line.line_number for line in named if line.line_number not in items]
    return [(items[line.line_number], line.quantity) for line in named if line.line_number in items], missing


def fresh_items(purchase: Purchase) -> Iterable[PurchaseItem]:
    return purchase.items.select_related("entitlement__product").order_by("line_number")


def note(purchase: Purchase, kind: EventKind, moved: list[Moved]) -> None:
    """Into the ledger (lines of which nothing was left too: the notification did come), and into the audit log."""
    Reversal.objects.bulk_create(Reversal(item=part.item, kind=kind, units=part.units) for part in moved)
    giving = kind in GIVING_BACK
    for part in moved:
        if part.units:
            changed = Kind.ENTITLEMENT_GRANTED if giving else Kind.ENTITLEMENT_REVOKED
            record(changed, user=purchase.user, entitlement=part.item.entitlement_id, units=part.units, source=kind.value)
    record(
        Kind.PURCHASE_RESTORED if giving else Kind.PURCHASE_REFUNDED,
        user=purchase.user,
        partner=purchase.partner,
        order=purchase.order_reference,
        purchase=purchase.pk,
        units=sum(part.units for part in moved),
    )
