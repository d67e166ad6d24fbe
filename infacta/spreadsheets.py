"""Tables for other programs (RFC 4180), a row at a time, in which no cell is a formula to a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator

SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
DIVIDERS = frozenset(";\t\r\n")
BETWEEN = re.compile(rf"(?<![\s\";])([\s\";]++)(?=[{re.escape(''.join(SIGNS))}])")
MARK = "\ufeff"  # spreadsheets read UTF-8 only if the file says so


class Echo:
    """What the csv module writes into: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def lines_of_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table, harmless each; memory does not grow with their number."""
    writer = csv.writer(Echo())
    yield MARK + writer.writerow(harmless(header))
    for row in rows:
        yield writer.writerow(harmless(row))


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
