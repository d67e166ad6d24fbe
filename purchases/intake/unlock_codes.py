"""Unlock codes in the answer, for partners that wait for them (key generators)."""

from django.utils import timezone

from accounts.addresses import address_key
from downloads.models import UnlockCode
from purchases.intake.handling import event_of, handle
from purchases.models import Purchase, WebhookEvent
from purchases.models.webhook_event import TAKING
from purchases.partners.base import Event, Partner


def codes_at_once(partner: Partner, event: Event) -> bytes:
    """Fulfil the order now, if it can be, and answer with its codes: the same ones each time the partner asks, and none that are taken back.

    A refund that has come and is not worked on yet is worked on before anything is told. Whoever asks in the name of an order that
    is known with another buyer or another product hears nothing of it.
    """
    row = WebhookEvent.objects.get(partner=partner.slug, event_key=event.event_key)
    handle(row.pk)
    for reversal in reversals_due(partner.slug, event.order_reference):
        handle(reversal)
    return partner.reply(valid_codes(partner.slug, event.order_reference) if is_same_order(row, event) else [], event)


def reversals_due(partner: str, order: str) -> list[int]:
    due = WebhookEvent.objects.due(timezone.now()).filter(partner=partner, kind__in=TAKING)
    return list(due.filter(order_reference=order).order_by("pk").values_list("pk", flat=True))


def is_same_order(row: WebhookEvent, event: Event) -> bool:
    """By the notification that is kept, and by the order itself: it may be known by an import, or by a notification that is purged by now."""
    if not row.payload:  # it was dealt with, and emptied: the buyer was erased
        return False
    kept = event_of(row)
    return (kept.buyer, kept.lines) == (event.buyer, event.lines) and is_recorded_so(row.partner, event)


def is_recorded_so(partner: str, event: Event) -> bool:
    purchase = Purchase.objects.filter(partner=partner, order_reference=event.order_reference).first()
    if purchase is None or event.buyer is None or address_key(purchase.email) != address_key(event.buyer.email):
        return False
    bought = purchase.items.order_by("line_number").values_list("product_code", "quantity")
    return list(bought) == [(line.product_code, line.quantity) for line in event.lines]


def valid_codes(partner: str, order: str) -> list[str]:
    """In the order of the lines and units."""
    bought = UnlockCode.objects.valid().filter(
        entitlement__purchase_items__purchase__partner=partner,
        entitlement__user__erased_at=None,
        entitlement__purchase_items__purchase__order_reference=order,
    )
    return list(bought.order_by("entitlement__purchase_items__line_number", "unit").values_list("code", flat=True))
