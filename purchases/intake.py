"""What a notification does: one row, one transaction, once.

    purchase            → account, entitlements, unlock codes, one mail (downloads.fulfilment)
    refund, chargeback  → the units concerned are taken back, and never more than remain (rule 6)
    their reversals     → what exactly that refund or chargeback took is given back
    anything else       → ignored, with the reason

What cannot be done yet waits and is looked at again: a product code that nobody knows (rule 5), a refund whose purchase has
not come (rule 3). What breaks is tried again and given up visibly; it holds up nobody else.
"""

import logging

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.kinds import Kind
from audit.log import record
from downloads.fulfilment import Fulfilment, Line, Source, fulfil
from purchases.models import EventKind, ProductCode, Purchase, PurchaseItem, WebhookEvent
from purchases.models.product_code import Meant
from purchases.models.webhook_event import GIVING_BACK, TAKING
from purchases.partners.base import Event
from purchases.partners.registry import PARTNERS
from purchases.reversals import give_back, take_back

log = logging.getLogger(__name__)

UNUSED = {
    EventKind.RENEWAL: gettext_lazy("A renewal: it grants nothing here."),
    EventKind.SUBSCRIPTION_CHANGED: gettext_lazy("Subscriptions are not kept here."),
    EventKind.SUBSCRIPTION_CANCELLED: gettext_lazy("Subscriptions are not kept here."),
    EventKind.PAYMENT_FAILED: gettext_lazy("Nothing was paid, so there is nothing to grant."),
}


def handle(event_id: int) -> bool:
    """Work on one notification if it is due and free; whether it was. A failure counts in a transaction of its own."""
    try:
        with transaction.atomic():
            row = WebhookEvent.objects.claim(event_id, timezone.now())
            if row is None:
                return False
            work_on(row)
    except Exception as error:
        log.exception("The notification %s could not be worked on.", event_id)
        note_failure(event_id, error)
    return True


@transaction.atomic
def note_failure(event_id: int, error: Exception) -> None:
    """Only the kind of error is kept with the row: its text may repeat personal data."""
    row = WebhookEvent.objects.claim(event_id, timezone.now())
    if row:
        row.failed_once(_("It broke (%(error)s); the log tells where.") % {"error": type(error).__name__})


def work_on(row: WebhookEvent) -> None:
    """Do what the notification says, and note what came of it, on a locked row."""
    event = PARTNERS[row.partner].event_of(row.payload, row.event_key)
    if event.test_mode:
        row.ignore(_("A test: it grants nothing (rule 4)."))
    elif event.kind == EventKind.PURCHASE:
        record_purchase(row, event)
    elif event.kind in TAKING:
        take_back(row, event)
    elif event.kind in GIVING_BACK:
        give_back(row, event)
    else:
        row.ignore(str(UNUSED.get(event.kind, _("Nothing that we act upon."))))


def record_purchase(row: WebhookEvent, event: Event) -> None:
    """Grant the order, unless it is recorded already: the unique key of the purchase decides, under any concurrency."""
    already = _("The order is already recorded.")
    if Purchase.objects.filter(partner=row.partner, order_reference=event.order_reference).exists():
        return row.ignore(already)
    meanings = [ProductCode.objects.meaning_of(row.partner, line.product_code) for line in event.lines]
    for line, meant in zip(event.lines, meanings, strict=True):
        if meant is None:
            return row.wait(_("Nobody knows the product code %(code)s.") % {"code": line.product_code}, unknown_code=line.product_code)
    try:
        with transaction.atomic():
            grant(row, event, [meant for meant in meanings if meant])
    except IntegrityError:
        if not Purchase.objects.filter(partner=row.partner, order_reference=event.order_reference).exists():
            raise
        return row.ignore(already)
    row.fulfilled()
    WebhookEvent.objects.hurry_reversals(row.partner, event.order_reference)
    return None


def grant(row: WebhookEvent, event: Event, meanings: list[Meant]) -> Purchase:
    """The account, its entitlements, the mail, and the purchase that points to them: all of it or nothing."""
    if event.buyer is None or event.purchased_at is None:
        raise ValueError("a purchase has a buyer and a date")
    lines = [Line(meant.product, line.quantity or 1, meant.edition) for meant, line in zip(meanings, event.lines, strict=True)]
    source = Source(f"purchase:{row.partner}:{event.order_reference}", _("your order %(order)s") % {"order": event.order_reference})
    fulfilment = fulfil(event.buyer, lines, source)
    purchase = Purchase(
        partner=row.partner,
        order_reference=event.order_reference,
        user=fulfilment.user,
        email=event.buyer.email,
        ip=event.ip,
        currency=event.currency,
        total=event.total,
        purchased_at=event.purchased_at,
    )
    purchase.fill_in(event.buyer)
    purchase.save(force_insert=True)
    record_items(purchase, event, fulfilment)
    record(Kind.PURCHASE_RECORDED, user=fulfilment.user, partner=row.partner, order=event.order_reference, purchase=purchase.pk)
    return purchase


def record_items(purchase: Purchase, event: Event, fulfilment: Fulfilment) -> None:
    PurchaseItem.objects.bulk_create(
        PurchaseItem(
            purchase=purchase,
            line_number=line.line_number,
            product_code=line.product_code,
            product_name=line.product_name,
            quantity=line.quantity or 1,
            unit_price=line.unit_price,
            delivery_option=line.delivery_option,
            entitlement=entitlement,
        )
        for line, entitlement in zip(event.lines, fulfilment.entitlements, strict=True)
    )
