"""What was bought in a checkout session: as its metadata says by our own convention, or as Stripe's API lists it."""

import re
from collections.abc import Sequence

from purchases.partners.base import MOST_LINES, MOST_UNITS, OrderLine
from purchases.partners.money import in_minor_units
from purchases.partners.reading import Said, part, parts, whole, word

MOST_NUMBER = 32767  # of a line
MOST_LISTED = 1000  # more than we take, so that the whole answer can be judged
CODE_AND_QUANTITY = re.compile(r"\s*(\S(?:.{0,98}\S)?)\s*\*\s*([0-9]{1,5})\s*")


def lines_in(metadata: Said) -> tuple[OrderLine, ...]:
    """Our convention: `line_1`: `CODE*2` and so on, or `product_code` and `quantity`; none at all if any of it cannot be read."""
    told = {name: text for name, text in metadata.items() if re.fullmatch(r"line_[0-9]{1,5}", name)}
    if not told and isinstance(code := metadata.get("product_code"), str):
        told = {"line_1": f"{code}*{metadata.get('quantity', 1)}"}
    lines = [line_in(int(name.removeprefix("line_")), text) for name, text in told.items()]
    found = sorted((line for line in lines if line), key=lambda line: line.line_number)
    return tuple(found) if len(found) == len(lines) and are_plausible(found) else ()


def line_in(number: int, text: object) -> OrderLine | None:
    """`CODE*2`, or `CODE` for one unit."""
    if not isinstance(text, str) or not 0 < number <= MOST_NUMBER:
        return None
    found = CODE_AND_QUANTITY.fullmatch(text if "*" in text else f"{text}*1")
    return OrderLine(number, int(found[2]), found[1]) if found else None


def are_plausible(lines: Sequence[OrderLine]) -> bool:
    """Whether somebody may have bought this: no line twice, none without a unit, and no more than we take."""
    quantities = [line.quantity or 0 for line in lines]
    numbers = {line.line_number for line in lines}
    return all(quantities) and sum(quantities) <= MOST_UNITS and len(numbers) == len(lines) <= MOST_LINES


def listed_lines(listed: Said, decimals: int) -> tuple[OrderLine, ...]:
    """The lines as Stripe's API lists them; none at all if there are more than we take."""
    lines = [listed_line(number, item, decimals) for number, item in enumerate(parts(listed, "data", MOST_LISTED), start=1)]
    return tuple(lines) if are_plausible(lines) and not listed.get("has_more") else ()


def listed_line(number: int, item: Said, decimals: int) -> OrderLine:
    """The product code is the metadata's of price or product (`product_code`), and else the price's id."""
    price = part(item, "price")
    product = price["product"] if isinstance(price.get("product"), dict) else {}
    codes = [word(part(said, "metadata"), "product_code", 100) for said in (price, product)]
    return OrderLine(
        line_number=number,
        quantity=whole(item, "quantity", 1, MOST_UNITS),
        product_code=next(filter(None, codes), "") or word(price, "id", 100, needed=True),
        product_name=str(item.get("description") or "")[:200],
        unit_price=in_minor_units(price.get("unit_amount"), "unit_amount", decimals),
    )
