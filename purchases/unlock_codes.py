"""Unlock codes in the answer, for partners that wait for them (key generators)."""

from downloads.models import UnlockCode
from purchases.intake import handle
from purchases.models import WebhookEvent
from purchases.partners.base import Event, Partner


def codes_at_once(partner: Partner, event: Event) -> bytes:
    """Fulfil the order now, if it can be, and answer with its codes: the same ones each time the partner asks."""
    row = WebhookEvent.objects.get(partner=partner.slug, event_key=event.event_key)
    handle(row.pk)
    bought = UnlockCode.objects.valid().filter(
        entitlement__purchase_items__purchase__partner=partner.slug,
        entitlement__purchase_items__purchase__order_reference=event.order_reference,
    )
    codes = bought.order_by("entitlement__purchase_items__line_number", "unit").values_list("code", flat=True)
    return partner.reply(list(codes), event)
