"""Reading a file of subscribers: CSV in UTF-8, with commas, semicolons or tabs. One record is in memory at a time."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import IO

from django.utils.translation import gettext as _

from announcements.subscribers.columns import NEEDED, READ, unshielded

DELIMITERS = ",;\t"
LONGEST_LINE, LONGEST_RECORD = 16_384, 65_536  # bytes, characters
MOST_COLUMNS = 100
MARK = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """The file is none that can be read, in words for whoever gave it."""


@dataclass(frozen=True)
class Table:
    """What divides the cells, and what each column is."""

    delimiter: str
    columns: list[str]


def opened(file: IO[bytes]) -> tuple[Table, Iterator[tuple[int, str]]]:
    """What its first line says, and each record below with the number of its first line. Unreadable if it is no such table."""
    lines, above, header = lines_of(file), 0, ""
    while not header.strip() and (header := next(lines, "")):
        above += 1
    table = table_of(header)
    return table, ((line, text.rstrip("\r\n")) for line, text, cells in records_in(lines, table.delimiter, above) if says_something(cells))


def says_something(cells: list[str]) -> bool:
    return any(map(str.strip, cells))


def lines_of(file: IO[bytes]) -> Iterator[str]:
    """The lines, each with its end, as text that the database takes. Unreadable if it is none."""
    for number, raw in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), start=1):
        yield decoded(raw.removeprefix(MARK) if number == 1 else raw, number)


def records_in(lines: Iterable[str], delimiter: str, before: int = 0) -> Iterator[tuple[int, str, list[str]]]:
    """Each record: the number of its first line, its text and its cells. `before`: how many lines stand above.

    One reader says where a record ends, when the file is divided into pieces as when a piece is read: two that disagree about a quotation mark
    lose lines. It is strict, so that a mark that is never closed swallows nothing. Unreadable where a line cannot be divided into cells.
    """
    taken: list[str] = []

    def watched() -> Iterator[str]:
        size = 0
        for line in lines:
            size = len(line) + (size if taken else 0)
            taken.append(line)
            if size > LONGEST_RECORD:
                raise Unreadable(_("Line %(line)d begins a cell that never ends.") % {"line": before + 1})
            yield line

    reader = csv.reader(watched(), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield before + 1, "".join(taken), cells
            before += len(taken)
            taken.clear()
    except csv.Error as error:
        raise Unreadable(_("Line %(line)d cannot be divided into cells: look at its quotation marks.") % {"line": before + 1}) from error


def decoded(raw: bytes, number: int) -> str:
    if len(raw) > LONGEST_LINE:
        raise Unreadable(_("Line %(line)d is longer than %(most)d bytes.") % {"line": number, "most": LONGEST_LINE})
    try:
        return raw.decode().replace("\x00", "\ufffd")
    except UnicodeDecodeError as error:
        raise Unreadable(_("Line %(line)d is not written in UTF-8: save the file as “CSV UTF-8”.") % {"line": number}) from error


def table_of(header: str) -> Table:
    """Unreadable if a column is missing that there must be, or one is there twice."""
    bare = re.sub(r'"[^"]*"', "", header)
    delimiter = max(DELIMITERS, key=bare.count)
    columns = [cell.strip().lower() for _line, _text, cells in records_in([header], delimiter) for cell in cells]
    if missing := [name for name in NEEDED if name not in columns]:
        raise Unreadable(_("The first line does not name these columns: %(names)s.") % {"names": ", ".join(missing)})
    if len(columns) > MOST_COLUMNS or any(columns.count(name) > 1 for name in READ):
        raise Unreadable(_("The first line names a column twice, or too many of them."))
    return Table(delimiter, columns)


def rows_of(text: str, first_line: int, table: Table) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a piece: the number of the line in which each ends, and its cells by the names of the columns."""
    for line, record, cells in records_in(StringIO(text, newline="\n"), table.delimiter, first_line - 1):
        if says_something(cells):
            named = dict(zip(table.columns, cells, strict=False))
            yield line + record.rstrip("\n").count("\n"), {name: unshielded(named[name].strip()) for name in READ if name in named}
