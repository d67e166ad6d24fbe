"""Pages of long lists, without ever counting them."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
FARTHEST = 1000


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list: its number from 1, its rows, and whether there are more."""

    number: int
    rows: list[Row]
    has_next: bool

    @property
    def has_previous(self) -> bool:
        return self.number > 1


def page_of(queryset: QuerySet[Row], number: str | None, size: int) -> Page[Row]:
    """The page that a visitor asked for; whatever is no number of a page means the first. One query, one row more than shown."""
    page = page_number(number)
    rows = list(queryset[(page - 1) * size : page * size + 1])
    return Page(page, rows[:size], len(rows) > size)


def page_number(number: str | None) -> int:
    """Which page is meant."""
    return min(max(number_in(number), 1), FARTHEST)


def number_in(text: str | None) -> int:
    """The number that somebody sent; 0 if it is none, or one that no row of ours has."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
