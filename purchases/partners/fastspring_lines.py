"""What was bought at FastSpring, and what of it was returned: the items of its events, by product or SKU."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from purchases.partners.base import MOST_UNITS, OrderLine, Refused, check_units
from purchases.partners.money import in_units, of_each
from purchases.partners.reading import needed, parts, text, whole_number

Data = dict[str, Any]


def items_in(data: Data) -> list[Data]:
    items = parts(data, "items")
    if not items:
        raise Refused("items is empty.")
    return items


def bought_lines(items: Sequence[Data], code: str, currency: str) -> tuple[OrderLine, ...]:
    """`code` is the field that holds the product code: product or sku."""
    lines = tuple(line_of(item, code, currency, number) for number, item in enumerate(items, start=1))
    check_units(lines)
    return lines


def line_of(item: Data, code: str, currency: str, number: int) -> OrderLine:
    quantity = quantity_of(item)
    return OrderLine(number, quantity, code_of(item, code), name_of(item), unit_price_of(item, quantity, currency))


def quantity_of(item: Data) -> int:
    return whole_number(item, "quantity", MOST_UNITS)


def code_of(item: Data, name: str) -> str:
    value = item.get(name)
    return needed(text(value if isinstance(value, dict) else item, name, 100), f"items.{name}")


def name_of(item: Data) -> str:
    return text(item, "display") if isinstance(item.get("display"), str) else ""


def unit_price_of(item: Data, quantity: int, currency: str) -> Decimal | None:
    return of_each(in_units(item.get("subtotal"), "items.subtotal", currency), quantity)


def returned_lines(data: Data, code: str, currency: str) -> tuple[OrderLine, ...]:
    """The units that were returned, by their products; none if it does not say, or names a product twice."""
    items = parts(data, "items")
    if not items or not all(item.get("quantity") and item.get(code) for item in items):
        return ()
    lines = []
    for item in items:
        quantity = quantity_of(item)
        lines.append(OrderLine(0, quantity, code_of(item, code), unit_price=unit_price_of(item, quantity, currency)))
    return tuple(lines) if len({line.product_code for line in lines}) == len(lines) else ()
