"""Which lines of a recorded order a later notification is about."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from purchases.models import Purchase, PurchaseItem
from purchases.partners.base import Event, OrderLine

CENT = Decimal("0.01")  # what the price of a unit may be off by: a price of several units was divided among them


def lines_of(purchase: Purchase, event: Event) -> tuple[list[tuple[PurchaseItem, int | None]], str]:
    """The lines concerned with their units (None: all), in one order for everybody; and a sentence if the order lacks one of them.

    Without lines it is the whole order. Each line is meant once: of two of one product the second is the next one. A line is named by its number, or without one by the partner's reference of it, or by the product's code.
    """
    items = list(fresh_items(purchase))
    if not event.lines:
        return [(item, None) for item in items], ""
    chosen: list[tuple[PurchaseItem, int | None]] = []
    for line in event.lines:
        item = next((item for item in items if is_meant(item, line) and item not in {one for one, _units in chosen}), None)
        if item is None:
            return [], _("The order has no line %(line)s.") % {"line": line.line_number or line.reference or line.product_code}
        if returns_a_part(item, line):
            return [], _("Only a part of the price of line %(line)s was returned: staff decide what to take back.") % {
                "line": item.line_number
            }
        chosen.append((item, line.quantity))
    return sorted(chosen, key=lambda pair: pair[0].line_number), ""


def is_meant(item: PurchaseItem, line: OrderLine) -> bool:
    if line.line_number:
        return item.line_number == line.line_number
    return item.reference == line.reference if line.reference else item.product_code == line.product_code


def returns_a_part(item: PurchaseItem, line: OrderLine) -> bool:
    """Whether a refund says that less than the price was returned of each unit."""
    return line.unit_price is not None and item.unit_price is not None and line.unit_price < item.unit_price - CENT


def fresh_items(purchase: Purchase) -> Iterable[PurchaseItem]:
    return purchase.items.select_related("entitlement__product", "extension").order_by("line_number")
