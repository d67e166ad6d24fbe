"""How retention stands: what is due, what is overdue, and when each destroyer was last through. Every count is bounded in rows and in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError
from django.db.models import QuerySet

from infacta.patience import within
from privacy.models import RetentionRun
from privacy.retention.due import Governed, governed

MOST = 10_000
SECONDS = 5
SLACK = timedelta(hours=3)
"""A destroyer has its turn once an hour; what should have gone so long ago, and is there, is overdue."""
SILENT = timedelta(hours=3)


@dataclass(frozen=True)
class Counted:
    """A number of rows; `more`: there are more than so many. None: they could not be counted in the time."""

    rows: int | None
    more: bool = False

    def __str__(self) -> str:
        if self.rows is None:
            return "?"
        return f"at least {self.rows:,}" if self.more else f"{self.rows:,}"


@dataclass(frozen=True)
class Due:
    """How the rows of one model stand that one retention governs."""

    governed: Governed
    due: Counted
    overdue: Counted
    oldest: datetime | None
    run: RetentionRun | None


@dataclass(frozen=True)
class Overdue:
    """Rows that should have been gone three hours ago or longer."""

    rule: str
    model: str
    rows: Counted
    oldest: datetime | None


def counted(rows: QuerySet[Any], most: int = MOST) -> Counted:
    """How many rows, up to `most`; for as long as the database may take."""
    try:
        with within(SECONDS):
            number = rows.order_by().values("pk")[: most + 1].count()
    except OperationalError:
        return Counted(None)
    return Counted(min(number, most), number > most)


def oldest(one: Governed, rows: QuerySet[Any]) -> datetime | None:
    """What the oldest of these rows says of its time, if it says anything."""
    if not one.oldest_by:
        return None
    try:
        with within(SECONDS):
            return one.moment(rows.order_by(one.oldest_by).values_list(one.oldest_by, flat=True).first())
    except OperationalError:
        return None


def all_due(now: datetime, only: frozenset[str] = frozenset()) -> Iterator[Due]:
    """How everything stands that the retentions govern, or those of these slugs alone; one at a time."""
    runs = {run.destroyer: run for run in RetentionRun.objects.all()}
    for one in governed():
        if only and one.retention.slug not in only:
            continue
        rows = one.due(now)
        number = counted(rows)
        late = counted(one.overdue(now - SLACK)) if number.rows != 0 else Counted(0)
        yield Due(one, number, late, oldest(one, rows) if number.rows else None, runs.get(one.retention.destroyer))


def overdue(now: datetime) -> list[Overdue]:
    """What is past its limit by more than the interval of the walk and a margin, by rule and model."""
    found = []
    for one in governed():
        rows = one.overdue(now - SLACK)
        if (number := counted(rows)).rows != 0:
            found.append(Overdue(one.retention.slug, one.name, number, oldest(one, rows)))
    return found


def silent(now: datetime) -> datetime | None:
    """When any destroyer was last through, if that is too long ago, or nothing is known of it."""
    last = RetentionRun.objects.exclude(ended_at=None).order_by("-ended_at").values_list("ended_at", flat=True).first()
    return last if last and last < now - SILENT else None
