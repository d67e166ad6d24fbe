"""Feedback as a table for other programs (RFC 4180): a row at a time, without names and addresses."""

import csv
import re
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.utils import timezone

from support.models import Feedback

HEADER = ("number", "day", "product", "tags", "may be answered", "text")
ROWS_AT_ONCE = 500
SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
DIVIDERS = frozenset(";\t\r\n")
BETWEEN = re.compile(rf"(?<![\s\";])([\s\";]++)(?=[{re.escape(''.join(SIGNS))}])")
MARK = "\ufeff"  # spreadsheets read UTF-8 only if the file says so


class Echo:
    """What the csv module writes into: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def lines_of(feedback: QuerySet[Feedback]) -> Iterator[str]:
    """The lines of the table; memory does not grow with their number."""
    writer = csv.writer(Echo())
    yield MARK + writer.writerow(HEADER)
    for one in feedback.select_related("product").prefetch_related("tags").iterator(ROWS_AT_ONCE):
        yield writer.writerow(harmless(row_of(one)))


def row_of(one: Feedback) -> tuple[str, ...]:
    day = timezone.localtime(one.written_at).date().isoformat()
    tags = ", ".join(tag.name for tag in one.tags.all())
    return str(one.pk), day, str(one.product or ""), tags, "yes" if one.may_we_answer else "no", one.text


def harmless(cells: Iterable[str]) -> list[str]:
    """No cell is a formula to a spreadsheet: what could be one begins with an apostrophe (ASVS 1.2.10).

    Where lists are written with semicolons, spreadsheets divide the lines there, and take quotes within a line for text: so what
    follows a semicolon, a tab or the end of a line counts as a cell of its own.
    """
    within = [BETWEEN.sub(marked, cell) for cell in cells]
    return [f"'{cell}" if is_like_a_formula(cell) else cell for cell in within]


def marked(between: re.Match[str]) -> str:
    """What stands before a sign within a text, with an apostrophe if a spreadsheet may divide there."""
    return between[1] if DIVIDERS.isdisjoint(between[1]) else f"{between[1]}'"


def is_like_a_formula(cell: str) -> bool:
    """Spreadsheets pass over spaces before a formula, and some take full-width signs for the narrow ones."""
    return cell[:1] in ("\t", "\r", "\n") or cell.lstrip()[:1] in SIGNS
