"""Staff's home as pages show it: days and numbers in the reader's time zone, of what their role may see. It reads what was counted, and counts nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from infacta.charts import columns
from infacta.figures import Figure, Own, Series, Standing, figures, own, standings
from operations.models import FigureRun, HourFigure, StandingNumber

DAYS = 30
CHOICES = (7, 30, 90, 365)
SPANS = (1, 7, 30)
STALE = timedelta(minutes=10)
"""Numbers are brought up to date once a minute: what is older is said to be old."""
MOST_IN_A_CHART = 6
"""The style sheet has shades for so many series; what is less is drawn together."""


@dataclass(frozen=True)
class Number:
    """How often something happened within the last days, and the list of it; "" where there is none."""

    days: int
    times: int
    address: str


@dataclass(frozen=True)
class Row:
    """One series: how often on each day, the last of which is today, and in the last days together."""

    series: Series
    times: Sequence[int]
    numbers: Sequence[Number]

    @property
    def total(self) -> int:
        return sum(self.times)


@dataclass(frozen=True)
class Tile:
    """A figure over some days. `until` is how far it is counted; None if it was not yet. `since` is the first day of which everything is counted."""

    figure: Figure
    days: Sequence[date]
    rows: Sequence[Row]
    until: datetime | None
    since: date | None

    @property
    def shown_rows(self) -> Sequence[Row]:
        """Of a figure with many series, those in which anything happened."""
        return self.rows if len(self.rows) <= MOST_IN_A_CHART else [row for row in self.rows if row.total]

    @property
    def zone(self) -> str:
        return timezone.get_current_timezone_name()

    @property
    def chart(self) -> SafeString:
        labels = tuple(date_format(day, "j M") for day in self.days)
        series = tuple((name, tuple(times)) for name, times in drawn(self.rows).items())
        return chart_of(get_language() or "", str(self.figure.title), labels, series)

    @property
    def table_rows(self) -> Sequence[Row]:
        """What the page's table shows, so that it is not all of nothing: where nothing happened at all, the first."""
        return self.shown_rows or self.rows[:1]

    @property
    def table(self) -> Iterator[tuple[date, list[int]]]:
        return self.by_day(self.table_rows)

    def by_day(self, rows: Sequence[Row]) -> Iterator[tuple[date, list[int]]]:
        """A row a day, the latest first."""
        return ((day, [row.times[number] for row in rows]) for number, day in reversed(list(enumerate(self.days))))

    @property
    def begins_late(self) -> bool:
        """Whether the first days were never counted, or are not yet."""
        return bool(self.since and self.since > self.days[0])


@dataclass(frozen=True)
class Now:
    """A number of now, as it was when it was read; None if it never was."""

    standing: Standing
    kept: StandingNumber | None

    @property
    def address(self) -> str:
        return self.standing.listed.address()

    @property
    def is_wrong(self) -> bool:
        return bool(self.standing.is_wrong and self.kept and self.kept.number)

    @property
    def since(self) -> datetime | None:
        """Since when, if that is worth a word."""
        since = self.kept.since if self.kept else None
        return since if since and since < timezone.now() - timedelta(minutes=1) else None


@dataclass(frozen=True)
class Mine:
    """A number of the reader's own."""

    own: Own
    number: int

    @property
    def address(self) -> str:
        return self.own.listed.address()


@dataclass(frozen=True)
class Home:
    """All of it for one reader."""

    tiles: Sequence[Tile]
    now: Sequence[Now]
    mine: Sequence[Mine]
    as_of: datetime | None
    is_old: bool
    told_above: Collection[str] = ()

    @cached_property
    def wrong(self) -> Sequence[Now]:
        """What the page tells above already is not told twice."""
        return [one for one in self.now if one.is_wrong and one.standing.slug not in self.told_above]

    @property
    def more_stands_above(self) -> bool:
        return any(one.is_wrong for one in self.now if one.standing.slug in self.told_above)

    @property
    def zone(self) -> str:
        return timezone.get_current_timezone_name()


def home_of(staff: Any, now: datetime, told_above: Collection[str] = ()) -> Home:
    """Three queries for what everybody's numbers are, and one for each number of the reader's own."""
    kept = {one.name: one for one in StandingNumber.objects.all()}
    shown = sorted((one for one in standings.values() if staff.has_perm(one.permission)), key=lambda one: one.position)
    as_of = min((kept[one.slug].read_at for one in shown if one.slug in kept), default=None)
    return Home(
        tiles=tiles_of(figures_for(staff), DAYS, now),
        now=[Now(one, kept.get(one.slug)) for one in shown],
        mine=[Mine(one, one.read(staff)) for one in own.values() if staff.has_perm(one.permission)],
        as_of=as_of,
        is_old=bool(shown) and (as_of is None or as_of < now - STALE),
        told_above=told_above,
    )


def figures_for(staff: Any) -> list[Figure]:
    return sorted((figure for figure in figures.values() if staff.has_perm(figure.permission)), key=lambda figure: figure.position)


def tiles_of(shown: Sequence[Figure], number: int, now: datetime) -> list[Tile]:
    """Two queries, however many figures and days. A day is one of the reader's time zone; where that begins within an hour, with that hour."""
    today = timezone.localdate(now)
    days = [today - timedelta(days=ago) for ago in reversed(range(number))]
    every = {figure.slug: figure.series() for figure in shown}
    names = [series.name for of_one in every.values() for series in of_one]
    counted = HourFigure.objects.filter(name__in=names, hour__gte=midnight(days[0])).order_by()
    by_day = counted.annotate(day=TruncDate("hour")).values_list("name", "day").annotate(times=Sum("times"))
    times = {(name, day): sum_ for name, day, sum_ in by_day}
    runs = {run.figure: run for run in FigureRun.objects.filter(figure__in=every)}
    return [tile_of(figure, every[figure.slug], days, times, runs.get(figure.slug)) for figure in shown]


def tile_of(
    figure: Figure, every: Sequence[Series], days: Sequence[date], times: Mapping[tuple[str, date], int], run: FigureRun | None
) -> Tile:
    rows = [row_of(series, days, [times.get((series.name, day), 0) for day in days]) for series in every]
    since = timezone.localdate(run.counted_from) + timedelta(days=1) if run else None
    return Tile(figure, days, rows, run.counted_until if run else None, since)


def row_of(series: Series, days: Sequence[date], times: Sequence[int]) -> Row:
    """The links end with the day, so that they show the same rows for as long as it lasts."""
    end = midnight(days[-1] + timedelta(days=1))
    numbers = []
    for span in [span for span in SPANS if span < len(days)] + [len(days)]:
        address = series.listed.address(midnight(days[-span]), end) if series.listed else ""
        numbers.append(Number(span, sum(times[-span:]), address))
    return Row(series, times, numbers)


def midnight(day: date) -> datetime:
    """When the day begins, in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


@lru_cache(maxsize=100)
def chart_of(language: str, title: str, labels: tuple[str, ...], series: tuple[tuple[str, tuple[int, ...]], ...]) -> SafeString:
    """The chart of these numbers in this language, which is drawn again when one of them has changed: that costs more than all else on the page."""
    return columns(title, labels, dict(series), show=6)


def drawn(rows: Sequence[Row]) -> dict[str, Sequence[int]]:
    """The series of a chart: those in which anything happened, the largest first, and what there are no shades for in one."""
    some = sorted((row for row in rows if row.total), key=lambda row: -row.total)
    if len(some) <= MOST_IN_A_CHART:
        return {str(row.series.text): row.times for row in rows if row.total}
    first, others = some[: MOST_IN_A_CHART - 1], some[MOST_IN_A_CHART - 1 :]
    together = [sum(day) for day in zip(*(row.times for row in others), strict=True)]
    return {str(row.series.text): row.times for row in first} | {_("others"): together}
