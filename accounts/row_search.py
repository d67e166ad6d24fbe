"""How staff find a single row by what names it, exactly: an order, a code, a case. Each room registers what it finds in its module customer_search.

What is found shows no name and no address: it leads to the row's page, where a look is noted. Rows about people are found within the reach of
whoever searches alone (privacy/reach.py), so to support nobody is there whose record is not open.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from privacy.reach import visible
from privacy.texts import Text

MOST = 5


@dataclass(frozen=True)
class RowSearch:
    """`by` stands in the audit log, `text` in the form, `title` above what is found, for whoever has `permission`.

    `find` gives the rows that what was typed names, or None if it can be no such name; then the database is not asked. `words` says
    which row it is. `route` is its page, which takes the row's number, or what `key` gives. `within_reach` is False for rows that staff see whoever
    they are about.
    """

    by: str
    text: Text
    title: Text
    permission: str
    find: Callable[[str], QuerySet[Any] | None]
    words: Callable[[Any], str]
    route: str
    key: Callable[[Any], Any] = lambda row: row.pk
    within_reach: bool = True

    def found(self, request: HttpRequest, typed: str) -> list[Any]:
        """The rows, one more than are shown at most."""
        rows = self.find(typed)
        if rows is None:
            return []
        return list((visible(request, rows) if self.within_reach else rows)[: MOST + 1])


@dataclass(frozen=True)
class Group:
    """Rows of one kind: what each is, and the address of its page."""

    search: RowSearch
    rows: list[tuple[str, str]]
    has_more: bool


row_searches: list[RowSearch] = []


def register_rows(search: RowSearch) -> RowSearch:
    row_searches.append(search)
    return search


def searches_for(staff: Any) -> Iterator[RowSearch]:
    return (search for search in row_searches if staff.has_perm(search.permission))


def groups_found(request: HttpRequest, typed: str) -> list[Group]:
    """What the typed words name, by kind; at most one query for each kind."""
    found = ((search, search.found(request, typed)) for search in searches_for(request.user))
    return [
        Group(search, [(search.words(row), reverse(search.route, args=[search.key(row)])) for row in rows[:MOST]], len(rows) > MOST)
        for search, rows in found
        if rows
    ]


def spellings_of_order(typed: str) -> list[str]:
    """An order's reference as it may have been typed: with a blank in or around it, in small letters or capitals alone, or with the # that people
    write before a number. Each is asked for as it stands: so an index answers."""
    bare = typed.strip().removeprefix("#").strip()
    spelled = [typed.strip(), bare, "".join(bare.split())]
    return list(dict.fromkeys([*spelled, *(one.upper() for one in spelled), *(one.lower() for one in spelled)]))
