"""What staff's home shows of how the site is doing. Each room declares its own in a module `staff_home`, which is found at the start
(operations/apps.py); a sweep counts (operations/home/counting.py), and pages read what it counted.

A figure counts what happened, by the hour. A standing is a number of now, such as mails that wait. Neither says anything of anybody.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncHour
from django.urls import reverse
from django.utils.functional import Promise

Text = str | Promise
MONITOR = "accounts.monitor_user"
"""The permission of administration, which may monitor the use of the site (promise C15)."""
Counted = tuple[str, datetime, int]
"""The name of a series, the beginning of an hour, and how many."""


@dataclass(frozen=True)
class Listed:
    """The list that shows the rows of a number: its route, the column of their moment, and what else it is narrowed by."""

    route: str
    by: str = ""
    only: tuple[tuple[str, str], ...] = ()

    def address(self, begin: datetime | None = None, end: datetime | None = None) -> str:
        """The list of the rows between the two moments; of all of them without, or where the list has no such filter."""
        moments = {f"{self.by}__gte": begin, f"{self.by}__lt": end} if self.by else {}
        query = dict(self.only) | {name: str(moment) for name, moment in moments.items() if moment}
        return reverse(self.route) + (f"?{urlencode(query)}" if query else "")


@dataclass(frozen=True)
class Series:
    """One row of numbers of a figure; `name` is what it is kept under."""

    name: str
    text: Text
    listed: Listed | None = None


@dataclass(frozen=True)
class Figure:
    """`count` gives the hours between two moments in which something happened. `about` says what counts and where it comes from.

    Whoever has `permission` sees it. Those of a lower `position` come first.
    """

    slug: str
    title: Text
    about: Text
    permission: str
    series: Callable[[], Sequence[Series]]
    count: Callable[[datetime, datetime], Iterable[Counted]]
    position: int = 100


@dataclass(frozen=True)
class Reading:
    """A number of now; `of` how many, if it is a part; `since` when the oldest of them has been so."""

    number: int
    of: int | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """`read` tells the number. Where something `is_wrong` if there is one at all, it stands at the top of the page until it is mended."""

    slug: str
    title: Text
    permission: str
    listed: Listed
    read: Callable[[datetime], Reading]
    is_wrong: bool = False
    position: int = 100


@dataclass(frozen=True)
class Own:
    """A number of a member of staff's own, such as the cases that they work on: asked for when the page is shown."""

    slug: str
    title: Text
    permission: str
    listed: Listed
    read: Callable[[Any], int]


figures: dict[str, Figure] = {}
standings: dict[str, Standing] = {}
own: dict[str, Own] = {}


def register(*declared: Figure | Standing | Own) -> None:
    """Take what a room declares. ValueError if its name is taken."""
    for one in declared:
        kept: dict[str, Any] = figures if isinstance(one, Figure) else standings if isinstance(one, Standing) else own
        if one.slug in kept:
            raise ValueError(f"{one.slug} is declared twice: give one of them another name.")
        kept[one.slug] = one


def by_hour(rows: QuerySet[Any], moment: str, begin: datetime, end: datetime, *, name: str = "", named_by: str = "") -> Iterator[Counted]:
    """How many of the rows there were in each hour of the range, under one name or under what stands in the column `named_by`."""
    within = rows.filter(**{f"{moment}__gte": begin, f"{moment}__lt": end}).order_by()
    columns = ["hour", named_by] if named_by else ["hour"]
    counted = within.annotate(hour=TruncHour(moment, tzinfo=UTC)).values(*columns).annotate(times=Count("pk"))
    return ((row[named_by] if named_by else name, row["hour"], row["times"]) for row in counted)


def at_most(rows: QuerySet[Any], most: int = 10_000) -> int:
    """How many rows there are, and no more than so many: the count of a list that nobody looked at for long costs no more than that."""
    return int(rows.order_by().values("pk")[:most].count())


def oldest(rows: QuerySet[Any], moment: str) -> Reading:
    """How many rows there are, and the moment of the oldest, in one query."""
    found = rows.order_by().aggregate(number=Count("pk"), since=Min(moment))
    return Reading(found["number"], since=found["since"])
