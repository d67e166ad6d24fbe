"""Refunds, chargebacks, and their reversals: the units concerned, and no more (rule 6)."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.kinds import Kind
from audit.log import record
from mailroom.outgoing import write
from purchases.erasing import empty_if_nobodys
from purchases.intake.lines import fresh_items, lines_of
from purchases.models import EventKind, EventState, Purchase, PurchaseItem, Reversal, WebhookEvent
from purchases.models.webhook_event import GIVING_BACK
from purchases.partners.base import Event

PATIENCE = timedelta(hours=1)


@dataclass(frozen=True)
class Moved:
    """Units of a line that were taken back or given back."""

    item: PurchaseItem
    units: int


def reverse(row: WebhookEvent, event: Event) -> None:
    """Take back what was refunded or charged back, or give it back again. What it is about may come later, and is then waited for (rule 3)."""
    purchase = purchase_of(row, event)
    if purchase is None:
        return None
    giving = event.kind in GIVING_BACK
    if giving and not Reversal.objects.of(purchase, GIVING_BACK[event.kind]).exists():
        return row.wait(_("What it reverses has not come yet."), awaiting=[purchase.order_reference])
    if event.tells_money_alone and not returns_all(event, purchase):
        return row.fail(_("Perhaps only a part of the price was returned: staff decide what to take back."))
    chosen, missing = lines_of(purchase, event)
    if missing:
        return row.fail(missing)
    moved = [Moved(item, claim(row, event, item, units)) for item, units in chosen]
    note(purchase, event.kind, moved)
    WebhookEvent.objects.hurry(row.partner, [purchase.order_reference])
    if any(part.units for part in moved):
        tell(row, purchase, event.kind, [part for part in moved if part.units])
        row.fulfilled()
    else:
        row.ignore(_("Nothing was left to give back.") if giving else _("Nothing was left to take back."))
    return empty_if_nobodys(row, purchase.user)


def claim(row: WebhookEvent, event: Event, item: PurchaseItem, units: int | None) -> int:
    """Write the claim into the ledger, and bring the line to what the whole ledger says; returns how many units that moved."""
    Reversal.objects.create(item=item, kind=event.kind, units=units, occurred_at=event.occurred_at or row.received_at)
    return abs(item.set_refunded(Reversal.objects.units_refunded(item), event.kind.value))


def returns_all(event: Event, purchase: Purchase) -> bool:
    """Whether the whole price was returned; False if that cannot be told, for amounts in two currencies say nothing."""
    if event.total is None or purchase.total is None or event.currency != purchase.currency:
        return False
    return event.total >= purchase.total


def purchase_of(row: WebhookEvent, event: Event) -> Purchase | None:
    """The purchase that it is about, locked; otherwise None, and the row waits or is ignored.

    A partner may name the first order beside the payment that was refunded. That payment may be a renewal which is still to come, so
    the first order is only taken for it when an hour has passed.
    """
    own = [reference for reference in (event.order_reference, *event.join_references) if reference]
    references = [*own, event.parent_order_reference] if event.parent_order_reference else own
    purchases = Purchase.objects.known_as(row.partner, own).select_for_update(of=("self",)).select_related("user")
    found = sorted(purchases, key=lambda purchase: purchase.order_reference != event.order_reference)
    if found:
        return found[0]
    if is_of_lost_renewal(row, event):
        row.ignore(_("It is about a renewal, which granted nothing."))
        return None
    waited = not own or timezone.now() - row.received_at > PATIENCE
    if event.parent_order_reference and (waited or event.parent_order_reference in own):
        parents = Purchase.objects.known_as(row.partner, [event.parent_order_reference]).select_for_update(of=("self",))
        if parent := parents.select_related("user").first():
            return parent
    row.wait(_("Its purchase has not come yet."), awaiting=references)
    return None


def is_of_lost_renewal(row: WebhookEvent, event: Event) -> bool:
    renewals = WebhookEvent.objects.filter(partner=row.partner, order_reference=event.order_reference, kind=EventKind.RENEWAL)
    return renewals.filter(state=EventState.IGNORED).exists()


def tell(row: WebhookEvent, purchase: Purchase, kind: EventKind, moved: list[Moved]) -> None:
    """The customer reads in plain words what was taken or given back, and what stays; nobody, if they were erased (the account is locked)."""
    purchase.user.refresh_from_db(fields=["email", "erased_at"])
    write(
        "purchases/restored" if kind in GIVING_BACK else "purchases/refunded",
        to=purchase.user.email,
        cause=f"reversal:{row.pk}",
        user=purchase.user,
        order=purchase.order_reference,
        moved=moved,
        by_bank=kind in (EventKind.CHARGEBACK, EventKind.CHARGEBACK_REVERSED),
        is_renewal=purchase.renews_id is not None,
        all_taken=not any(item.units_left for item in fresh_items(purchase)),
    )


def note(purchase: Purchase, kind: EventKind, moved: list[Moved]) -> None:
    """Into the audit log (lines of which nothing was left too: the notification did come)."""
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
