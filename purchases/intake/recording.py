"""Recording an order: the account, its entitlements, the mail, and the purchase that points to them."""

from collections import Counter
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.addresses import address_key
from accounts.contact import Contact
from accounts.models import User
from audit.kinds import Kind
from audit.log import record
from downloads.fulfilment import Fulfilment, Line, Source, fulfil
from downloads.models import Entitlement, Product
from purchases.erasing import empty_if_nobodys
from purchases.models import BuyerDetails, Channel, ProductCode, Purchase, PurchaseItem, PurchaseReference, WebhookEvent
from purchases.models.product_code import Meant
from purchases.models.purchase import Role
from purchases.partners.base import Event

FROM_TABLES = (Channel.MANUAL, Channel.RECONCILE)


class RecordedOtherwise(Exception):
    """The order was recorded under another of its references meanwhile."""


def record_purchase(row: WebhookEvent, event: Event) -> None:
    """Grant the order, unless it is recorded already: the unique key of the purchase decides, under any concurrency."""
    already = _("The order is already recorded.")
    if known := Purchase.objects.filter(partner=row.partner, order_reference=event.order_reference).select_related("user").first():
        row.ignore(already)
        return empty_if_nobodys(row, known.user)
    if otherwise := recorded_otherwise(row, event):
        remember(otherwise, event)
        return row.ignore(already)
    buyer, meanings = buyer_of(row, event), meanings_of(row, event)
    if buyer is None or meanings is None or lacks_upgraded(row, event, buyer, meanings):
        return None
    try:
        with transaction.atomic():
            grant(row, event, buyer, meanings)
            if recorded_otherwise(row, event):  # asked again, for the account is locked since: of two at once the second one sees the first
                raise RecordedOtherwise
    except (IntegrityError, RecordedOtherwise):
        if not Purchase.objects.filter(partner=row.partner, order_reference=event.order_reference).exists():
            if (otherwise := recorded_otherwise(row, event)) is None:
                raise
            remember(otherwise, event)
        return row.ignore(already)
    row.fulfilled()
    WebhookEvent.objects.hurry(row.partner, [event.order_reference, *event.join_references])
    return None


def recorded_otherwise(row: WebhookEvent, event: Event) -> Purchase | None:
    """The order under another reference: some partners' exports name it by its payment, and their notifications by something else.

    Only what came out of a table is taken for the same by such a reference, or compared by it: what a partner itself tells under two names is two orders.
    """
    others = Purchase.objects.exclude(order_reference=event.order_reference)
    if row.channel in FROM_TABLES:
        return others.known_as(row.partner, [event.order_reference]).first()
    tables = WebhookEvent.objects.filter(partner=row.partner, channel__in=FROM_TABLES, order_reference__in=event.join_references)
    named = tables.values("order_reference")
    return others.filter(partner=row.partner, order_reference__in=named).first() if event.join_references else None


def buyer_of(row: WebhookEvent, event: Event) -> Contact | None:
    """Who bought; otherwise None, and the row waits for a notification that tells of them, or is for staff."""
    buyer = event.buyer or BuyerDetails.objects.contact(row.partner, event.buyer_references)
    if buyer is None and event.buyer_references:
        row.wait(_("The partner has not told yet who bought."), awaiting=event.buyer_references)
    elif buyer is None:
        row.fail(_("It does not say who bought."))
    return buyer


def meanings_of(row: WebhookEvent, event: Event) -> list[Meant] | None:
    """What was bought, a line each; otherwise None, and the row waits for staff to say what a code means (rule 5)."""
    if not event.lines:
        row.fail(str(event.remark or _("It does not say what was bought.")))
        return None
    meanings = []
    for line in event.lines:
        meant = ProductCode.objects.meaning_of(row.partner, line.product_code)
        if meant is None:
            row.wait(_("Nobody knows the product code %(code)s.") % {"code": line.product_code}, unknown_code=line.product_code)
            return None
        meanings.append(meant)
    return meanings


def lacks_upgraded(row: WebhookEvent, event: Event, buyer: Contact, meanings: Sequence[Meant]) -> bool:
    """Whether an upgrade is bought without the product that it upgrades: the row then waits, for that order may still come, or for staff.

    The account is locked before its units are counted: of two upgrades of one unit at once the second one sees the first.
    """
    wanted: Counter[Product] = Counter()
    for meant, line in zip(meanings, event.lines, strict=True):
        if meant.is_upgrade:
            wanted[meant.product] += line.quantity or 1
    if wanted and (owner := User.objects.filter(email_key=address_key(buyer.email)).first()):
        User.objects.touch(owner.pk)
    for product, units in wanted.items():
        if units_to_upgrade(buyer, product) < units and not row.is_waived:
            row.wait(_("An upgrade: the account of this address has too few units of %(product)s.") % {"product": product})
            return True
    return False


def units_to_upgrade(buyer: Contact, product: Product) -> int:
    """How many units the buyer bought in full and has no upgrade for that still runs: a unit is upgraded once at a time."""
    codes = ProductCode.objects.filter(is_upgrade=True, partner=OuterRef("purchase__partner"), code=OuterRef("product_code"))
    upgrades = PurchaseItem.objects.filter(Exists(codes), entitlement=OuterRef("pk"), extension=None)
    owned = Entitlement.objects.filter(user__email_key=address_key(buyer.email), product=product).annotate(by_upgrade=Exists(upgrades))
    in_full = sum(one.units_left for one in owned if not one.by_upgrade)
    return in_full - sum(one.units_left for one in owned if one.by_upgrade and not one.upgrades_have_ended)


def grant(row: WebhookEvent, event: Event, buyer: Contact, meanings: Sequence[Meant]) -> Purchase:
    """All of it or nothing. An upgrade is granted like a product: what it upgrades stays the customer's."""
    if event.purchased_at is None:
        raise ValueError("a purchase has a date")
    lines = [Line(meant.product, line.quantity or 1, meant.edition) for meant, line in zip(meanings, event.lines, strict=True)]
    source = Source(f"purchase:{row.partner}:{event.order_reference}", _("your order %(order)s") % {"order": event.order_reference})
    fulfilment = fulfil(buyer, lines, source, mailed=row.channel != Channel.MANUAL)
    purchase = Purchase(
        partner=row.partner,
        order_reference=event.order_reference,
        user=fulfilment.user,
        email=buyer.email,
        ip=event.ip,
        currency=event.currency,
        total=event.total,
        purchased_at=event.purchased_at,
    )
    purchase.fill_in(buyer)
    purchase.save(force_insert=True)
    record_items(purchase, event, fulfilment)
    remember(purchase, event)
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
            reference=line.reference,
            entitlement=entitlement,
        )
        for line, entitlement in zip(event.lines, fulfilment.entitlements, strict=True)
    )


def remember(purchase: Purchase, event: Event) -> None:
    """By what later notifications name the order or its buyer; of somebody who was erased, the order alone."""
    buyers = () if purchase.user.erased_at else event.buyer_references
    roles = dict.fromkeys(buyers, Role.BUYER) | dict.fromkeys((*event.join_references, event.order_reference), Role.ORDER)
    rows = [
        PurchaseReference(purchase=purchase, partner=purchase.partner, reference=reference, role=role)
        for reference, role in roles.items()
        if reference and reference != purchase.order_reference
    ]
    PurchaseReference.objects.bulk_create(rows, ignore_conflicts=True)
