"""Reading partners' exports: CSV in UTF-8 (with or without its mark) or Latin-1, with commas, semicolons or tabs; an order at a time.

However long the file is, one order is in memory. Rows of one order stand together, a line each.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from infacta.log_lines import visible
from privacy.card_data import TooDeep, without_card_data
from purchases.partners import own_format
from purchases.partners.base import Event, Refused
from purchases.partners.exports import BUYER, FIELDS, NEEDED, ExportFormat

DELIMITERS = ",;\t|"
CHUNK = 1 << 20
LONGEST_LINE = 1 << 16  # characters
MOST_ROWS_OF_AN_ORDER = 100


class Unreadable(Exception):
    """The file is none that can be read, in words for whoever gave it."""


class WrongRow(Exception):
    """This row cannot be read, in words that repeat none of it."""


@dataclass(frozen=True)
class Table:
    """A file that was looked into: its characters, what divides its cells, which column each field is, and how its cells are meant."""

    encoding: str
    delimiter: str
    places: dict[str, int]
    form: ExportFormat


@dataclass(frozen=True)
class Row:
    """One row: its line in the file, and its cells by our fields."""

    line: int
    cells: dict[str, str]

    @property
    def reference(self) -> str:
        """As it can be looked up and shown; a good one has no other characters."""
        return visible(self.cells.get("order_reference", ""))


@dataclass(frozen=True)
class Order:
    """An order of the file, or what is wrong with it: then `event` is None. `event` is read from `payload`, in the site's own format."""

    line: int
    reference: str
    payload: dict[str, Any]
    event: Event | None
    wrong: str = ""
    is_refunded: bool = False
    is_partly_refunded: bool = False
    is_renewal: bool = False
    doubled: int = 0


def looked_into(path: Path, form: ExportFormat, renamed: dict[str, str]) -> Table:
    """Find out how the file is written; Unreadable if it is no table with these columns. `renamed` names other columns by our fields."""
    form = replace(form, columns={**form.columns, **{name: (column,) for name, column in renamed.items()}})
    try:
        encoding = encoding_of(path)
        with path.open(encoding=encoding, newline="") as file:
            first = file.readline(LONGEST_LINE)
    except OSError as error:
        raise Unreadable(_("The file cannot be read: %(why)s.") % {"why": error.strerror}) from error
    delimiter = max(DELIMITERS, key=unquoted(first).count)
    header = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    places = {name: header.index(found) for name, names in form.columns.items() if (found := first_of(names, header))}
    needed = (*NEEDED, "status") if form.counted else NEEDED  # without it nobody could tell a sale from a refund or an attempt
    if missing := [form.columns.get(name, (name,))[0] for name in needed if name not in places]:
        raise Unreadable(_("The first line does not name these columns: %(names)s.") % {"names": ", ".join(missing)})
    return Table(encoding, delimiter, places, form)


def first_of(names: Iterable[str], header: list[str]) -> str:
    return next((name for name in names if name in header), "")


def unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def encoding_of(path: Path) -> str:
    """UTF-8 if all of it is, and else the characters of old spreadsheets."""
    with suppress(UnicodeDecodeError), path.open(encoding="utf-8") as file:
        while file.read(CHUNK):
            pass
        return "utf-8-sig"
    return "latin-1"


def rows_of(path: Path, table: Table, progress: Callable[[int], None] = lambda line: None) -> Iterator[Row]:
    """The rows below the header; empty ones are passed over."""
    with path.open(encoding=table.encoding, newline="") as file:
        reader = csv.reader(short_lines(file), delimiter=table.delimiter)
        next(reader, None)
        try:
            for cells in reader:
                progress(reader.line_num)
                if table.form.totals and cells[:1] == [table.form.totals]:
                    return
                if any(cell.strip() for cell in cells):
                    yield Row(reader.line_num, {name: cell_at(cells, place) for name, place in table.places.items()})
        except csv.Error as error:
            raise Unreadable(_("Line %(line)d is no line of a table.") % {"line": reader.line_num}) from error


def short_lines(file: IO[str]) -> Iterator[str]:
    """Line by line; one that is longer than any table has ends the reading."""
    while line := file.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise Unreadable(_("A line is longer than %(most)d characters.") % {"most": LONGEST_LINE})
        yield line


def cell_at(cells: list[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def orders_of(path: Path, table: Table, progress: Callable[[int], None] = lambda line: None) -> Iterator[Order]:
    """The orders one after the other, those too that cannot be read; rows that are no sale are passed over."""
    counted = table.form.counted
    rows = (row for row in rows_of(path, table, progress) if not counted or row.cells.get("status", "").casefold() in counted)
    for reference, group in groupby(rows, key=lambda row: row.reference):
        yield order_of(reference, group, table.form)


def order_of(reference: str, group: Iterable[Row], form: ExportFormat) -> Order:
    """The rows of one order; one that says exactly what another says is counted as doubled."""
    rows: list[Row] = []
    doubled = 0
    for row in group:
        if any(row.cells == other.cells for other in rows):
            doubled += 1
        elif len(rows) < MOST_ROWS_OF_AN_ORDER:
            rows.append(row)
        else:
            return Order(row.line, reference, {}, None, _("The order has more than %(most)d lines.") % {"most": MOST_ROWS_OF_AN_ORDER})
    try:
        return replace(read(rows, form), doubled=doubled)
    except WrongRow as wrong:
        return Order(rows[0].line, reference, {}, None, str(wrong), doubled=doubled)
    except Refused as refused:
        return Order(rows[0].line, reference, {}, None, refused.reason, doubled=doubled)


def read(rows: list[Row], form: ExportFormat) -> Order:
    """The order in the site's own format, without card data; WrongRow or Refused if it cannot be one."""
    first = rows[0]
    check(rows)
    try:
        payload = without_card_data(payload_of(rows, form))
    except TooDeep as error:
        raise WrongRow(str(error)) from error
    event = own_format.read(payload, f"export:{first.reference}")
    is_whole, is_part = refunded_of(rows, form)
    return Order(
        line=first.line,
        reference=first.reference,
        payload=payload,
        event=event,
        is_refunded=is_whole,
        is_partly_refunded=is_part,
        is_renewal=bool(first.cells.get("renews")) or first.cells.get("is_renewal", "").casefold() in form.refunded_when,
    )


def check(rows: list[Row]) -> None:
    """WrongRow for what no sale has: two buyers, or a price below nothing, which is how many exports write what was given back."""
    if any("\x00" in cell for row in rows for cell in row.cells.values()):
        raise WrongRow(_("It holds a character that no text has."))
    if len({row.cells.get("email", "").casefold() for row in rows}) > 1:
        raise WrongRow(_("Its rows name more than one buyer."))
    for name in ("total", "unit_price"):
        if any(re.search(r"-.*[1-9]", row.cells.get(name, "")) for row in rows):
            raise WrongRow(_("%(field)s is less than nothing: money was given back.") % {"field": name})


def refunded_of(rows: list[Row], form: ExportFormat) -> tuple[bool, bool]:
    """Whether all of the order was refunded, or else a part of it: one of its rows alone, or less than its price."""
    said = [row.cells.get("refunded", "").casefold() in form.refunded_when for row in rows]
    returned = max(Decimal(amount(row, "refunded_total", form) or 0) for row in rows)
    total = amount(rows[0], "total", form)
    whole = all(said) or bool(returned and total and returned >= Decimal(total))
    return whole, not whole and bool(returned or any(said))


def payload_of(rows: list[Row], form: ExportFormat) -> dict[str, Any]:
    first = rows[0]
    data: dict[str, Any] = {"order_reference": first.reference, "purchased_at": moment(first, form)}
    if renews := first.cells.get("renews"):
        return {"type": "purchase.renewed", "data": data | {"renews": renews} | price_of(first, form)}
    data |= price_of(first, form) | {"buyer": {name: text for name in BUYER if (text := first.cells.get(name))}}
    if ip := first.cells.get("ip"):
        data["ip"] = ip
    return {
        "type": "purchase.completed",
        "data": data | {"lines": [line_of(row, number, form) for number, row in enumerate(rows, start=1)]},
    }


def price_of(row: Row, form: ExportFormat) -> dict[str, str]:
    price = {"currency": row.cells.get("currency", "").upper(), "total": amount(row, "total", form)}
    return {name: text for name, text in price.items() if text}


def line_of(row: Row, number: int, form: ExportFormat) -> dict[str, Any]:
    texts = {name: row.cells.get(name, "") for name in ("product_name", "delivery_option")} | {
        "unit_price": amount(row, "unit_price", form)
    }
    return {
        "line_number": whole(row, "line_number", number),
        "product_code": row.cells.get("product_code", ""),
        "quantity": whole(row, "quantity", 1),
        **{name: text for name, text in texts.items() if text},
    }


def whole(row: Row, name: str, otherwise: int) -> int:
    text = row.cells.get(name, "")
    if not text:
        return otherwise
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise WrongRow(_("%(field)s is not a whole number.") % {"field": name})
    return int(text)


def amount(row: Row, name: str, form: ExportFormat) -> str:
    """The amount as our own format writes it; "" if there is none. What stands between thousands is the other of the two marks, or a space."""
    text = row.cells.get(name, "")
    between = "," if form.decimal == "." else "."
    digits = re.sub(rf"[\s'\u00a0{re.escape(between)}]", "", text).replace(form.decimal, ".").lstrip("$€£").lstrip("-")
    if not digits:
        return ""
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{0,9})?|\.[0-9]{1,9}", digits):  # Decimal reads NaN, 1e5 and 1_000 too
        raise WrongRow(_("%(field)s is not an amount.") % {"field": name})
    return str(Decimal(digits).quantize(Decimal("0.01")))


def moment(row: Row, form: ExportFormat) -> str:
    text = row.cells["purchased_at"]
    for attempt in (*form.dates, None):
        with suppress(ValueError):
            at = datetime.strptime(text, attempt) if attempt else datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=form.zone)).isoformat()
    raise WrongRow(_("purchased_at is not a date that this export writes."))


def renamed_by(arguments: Iterable[str]) -> dict[str, str]:
    """`order_reference=Bestellnummer` and so on; Unreadable if one names no field of ours."""
    pairs = dict(argument.partition("=")[::2] for argument in arguments)
    if unknown := pairs.keys() - set(FIELDS):
        raise Unreadable(_("There is no such field: %(names)s. These there are: %(fields)s.") % named(unknown))
    return pairs


def named(unknown: Iterable[str]) -> dict[str, str]:
    return {"names": ", ".join(sorted(unknown)), "fields": ", ".join(FIELDS)}
