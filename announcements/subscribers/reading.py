"""Reading a file of subscribers: CSV in UTF-8, with commas, semicolons or tabs. One record is in memory at a time."""

import csv
import re
from collections.abc import Iterator, Mapping
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


def records_of(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    """Each record with the number of its first line; a record goes on in the next line while a quotation mark is open. Unreadable if it is no text."""
    text, first = "", 0
    for number, raw in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), start=1):
        line = decoded(raw.removeprefix(MARK) if number == 1 else raw, number)
        text, first = text + line, first or number
        if len(text) > LONGEST_RECORD:
            raise Unreadable(_("Line %(line)d begins a cell that never ends.") % {"line": first})
        if text.count('"') % 2 == 0:
            if text.strip():
                yield first, text.rstrip("\r\n")
            text, first = "", 0
    if text:
        raise Unreadable(_("Line %(line)d begins a cell that never ends.") % {"line": first})


def decoded(raw: bytes, number: int) -> str:
    if len(raw) > LONGEST_LINE:
        raise Unreadable(_("Line %(line)d is longer than %(most)d bytes.") % {"line": number, "most": LONGEST_LINE})
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(_("Line %(line)d is not written in UTF-8: save the file as “CSV UTF-8”.") % {"line": number}) from error


def table_of(header: str) -> Table:
    """Unreadable if a column is missing that there must be, or one is there twice."""
    bare = re.sub(r'"[^"]*"', "", header)
    delimiter = max(DELIMITERS, key=bare.count)
    columns = [cell.strip().lower() for cell in next(csv.reader([header], delimiter=delimiter), [])]
    if missing := [name for name in NEEDED if name not in columns]:
        raise Unreadable(_("The first line does not name these columns: %(names)s.") % {"names": ", ".join(missing)})
    if len(columns) > MOST_COLUMNS or any(columns.count(name) > 1 for name in READ):
        raise Unreadable(_("The first line names a column twice, or too many of them."))
    return Table(delimiter, columns)


def rows_of(text: str, first_line: int, table: Table) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a piece: the number of the line in which each ends, and its cells by the names of the columns."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=table.delimiter)
    for cells in reader:
        if any(cells):
            named = dict(zip(table.columns, cells, strict=False))
            yield first_line - 1 + reader.line_num, {name: unshielded(named[name].strip()) for name in READ if name in named}
