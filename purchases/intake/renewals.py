"""Renewals: an order already recorded is paid for once more, and new releases are included for longer."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.kinds import Kind
from audit.log import record
from downloads.fulfilment import Renewal, Source, renew
from downloads.models import Extension
from purchases.erasing import empty_if_nobodys
from purchases.intake.lines import lines_of
from purchases.intake.recording import remember
from purchases.models import Channel, Purchase, PurchaseItem, WebhookEvent
from purchases.partners.base import Event


def record_renewal(row: WebhookEvent, event: Event) -> None:
    """Renew the order that it goes back to, once: the unique key of the purchase decides. It may come before that order, and then waits."""
    already = _("The renewal is already recorded.")
    if known := Purchase.objects.filter(partner=row.partner, order_reference=event.order_reference).select_related("user").first():
        row.ignore(already)
        return empty_if_nobodys(row, known.user)
    first = renewed_order(row, event)
    if first is None:
        return None
    chosen, missing = lines_of(first, event)
    if missing:
        return row.fail(missing)
    try:
        with transaction.atomic():
            purchase = extend(row, event, first, [(item, item.quantity if units is None else units) for item, units in chosen])
    except IntegrityError:
        if not Purchase.objects.filter(partner=row.partner, order_reference=event.order_reference).exists():
            raise
        return row.ignore(already)
    row.fulfilled()
    empty_if_nobodys(row, purchase.user)
    WebhookEvent.objects.hurry(row.partner, [event.order_reference, *purchase.references.values_list("reference", flat=True)])
    return None


def renewed_order(row: WebhookEvent, event: Event) -> Purchase | None:
    """The first order, locked; otherwise None, and the row waits for it."""
    references = [reference for reference in (event.parent_order_reference, *event.join_references) if reference]
    known = Purchase.objects.known_as(row.partner, references).filter(renews=None)
    first = known.select_for_update(of=("self",)).select_related("user").order_by("pk").first()
    if first is None:
        row.wait(_("The order that it renews has not come yet."), awaiting=references)
    return first


def extend(row: WebhookEvent, event: Event, first: Purchase, chosen: list[tuple[PurchaseItem, int]]) -> Purchase:
    """The renewals, the mail, and the purchase that points to them: all of it or nothing."""
    if event.purchased_at is None:
        raise ValueError("a renewal has a date")
    source = Source(f"renewal:{row.partner}:{event.order_reference}", _("your renewal %(order)s") % {"order": event.order_reference})
    renewals = [Renewal(item.entitlement, units, event.purchased_at) for item, units in chosen]
    extensions = renew(first.user, renewals, source, mailed=row.channel != Channel.MANUAL)
    first = Purchase.objects.select_related("user").get(pk=first.pk)  # the account is locked since: it may have been erased before
    purchase = Purchase(
        partner=row.partner,
        order_reference=event.order_reference,
        user=first.user,
        email=first.email,
        ip=None if first.user.erased_at else event.ip,
        currency=event.currency,
        total=event.total,
        purchased_at=event.purchased_at,
        renews=first,
        **first.contact_parts,
    )
    purchase.save(force_insert=True)
    PurchaseItem.objects.bulk_create(lines_renewed(purchase, chosen, extensions))
    remember_own(purchase, event, first)
    record(Kind.PURCHASE_RECORDED, user=first.user, partner=row.partner, order=event.order_reference, purchase=purchase.pk)
    return purchase


def lines_renewed(purchase: Purchase, chosen: list[tuple[PurchaseItem, int]], extensions: Sequence[Extension]) -> list[PurchaseItem]:
    """The first order's lines once more, each with the units that were renewed and what they were extended by."""
    return [
        PurchaseItem(
            purchase=purchase,
            line_number=item.line_number,
            product_code=item.product_code,
            product_name=item.product_name,
            quantity=units,
            entitlement=item.entitlement,
            extension=extension,
        )
        for (item, units), extension in zip(chosen, extensions, strict=True)
    ]


def remember_own(purchase: Purchase, event: Event, first: Purchase) -> None:
    """What leads to the first order, such as the subscription, goes on leading there; the payment of the renewal leads to the renewal."""
    theirs = set(first.references.values_list("reference", flat=True))
    own = tuple(reference for reference in event.join_references if reference not in theirs)
    remember(purchase, replace(event, join_references=own, buyer_references=()))


def learn_references(row: WebhookEvent, event: Event) -> None:
    """A further reference by which later notifications name an order, such as its subscription. It may come before that order.

    What leads to a first order leads to it alone; a renewal is only meant if it is named itself.
    """
    known = Purchase.objects.known_as(row.partner, [event.order_reference])
    purchase = known.filter(Q(renews=None) | Q(order_reference=event.order_reference)).first()
    if purchase is None:
        return row.wait(_("Its order has not come yet."), awaiting=[event.order_reference])
    remember(purchase, event)
    row.fulfilled()
    WebhookEvent.objects.hurry(row.partner, event.join_references)
    return None
