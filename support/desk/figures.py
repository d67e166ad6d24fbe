"""How long people wait, and how long they waited: by a constant number of queries, from the times that are kept of every case.

Percentiles are taken by rank in the database (the nearest rank), so nothing but the rows of the picture comes out of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Value, Window
from django.db.models.functions import RowNumber, TruncWeek
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from infacta.charts import columns
from support.models import Case

DAYS, WEEKS = 30, 12
PERCENT = {"half": 50, "nine_of_ten": 90}
AGES = (
    # below this age, and what it is called
    (timedelta(hours=1), gettext_lazy("less than 1 hour")),
    (timedelta(hours=4), gettext_lazy("1 to 4 hours")),
    (timedelta(days=1), gettext_lazy("4 to 24 hours")),
    (timedelta(days=3), gettext_lazy("1 to 3 days")),
    (timedelta(days=7), gettext_lazy("3 to 7 days")),
    (timedelta.max, gettext_lazy("more than 7 days")),
)
UNITS = (
    # from this length of the longest column on, in what it is drawn
    (timedelta(days=4), timedelta(days=1), gettext_lazy("in days")),
    (timedelta(hours=3), timedelta(hours=1), gettext_lazy("in hours")),
    (timedelta(0), timedelta(minutes=1), gettext_lazy("in minutes")),
)


@dataclass(frozen=True)
class Age:
    """How many cases have waited that long."""

    name: str
    priority: int
    others: int

    @property
    def all(self) -> int:
        return self.priority + self.others


@dataclass(frozen=True)
class Span:
    """Half of the cases took no longer than `half`, nine of ten no longer than `nine_of_ten`; None where there was none."""

    half: timedelta | None = None
    nine_of_ten: timedelta | None = None

    @property
    def half_in_words(self) -> str:
        return in_words(self.half)

    @property
    def nine_of_ten_in_words(self) -> str:
        return in_words(self.nine_of_ten)


@dataclass(frozen=True)
class Period:
    """Cases opened in one week, or in the last days: how many, and how long those took that have been answered, or closed."""

    name: str
    opened: int = 0
    answered: int = 0
    closed: int = 0
    answer: Span = Span()
    closing: Span = Span()


@dataclass(frozen=True)
class Figures:
    ages: Sequence[Age]
    lately: Period
    weeks: Sequence[Period]

    @property
    def waiting(self) -> int:
        return sum(age.all for age in self.ages)

    def of_ages(self) -> SafeString:
        series = {_("Priority"): [age.priority for age in self.ages], _("Others"): [age.others for age in self.ages]}
        return columns(_("Cases that wait for us, by how long they have waited"), [age.name for age in self.ages], series)

    def of_answers(self) -> SafeString:
        return drawn(_("First answers, %(unit)s, by the week in which the case was opened"), self.weeks, [one.answer for one in self.weeks])

    def of_closings(self) -> SafeString:
        return drawn(
            _("Until closing, %(unit)s, by the week in which the case was opened"), self.weeks, [one.closing for one in self.weeks]
        )


def drawn(title: str, weeks: Sequence[Period], spans: Sequence[Span]) -> SafeString:
    """Columns in the unit that suits the longest: up to what half needed, and on it what nine of ten needed more."""
    longest = max((span.nine_of_ten for span in spans if span.nine_of_ten), default=timedelta(0))
    unit, name = next((unit, name) for least, unit, name in UNITS if longest >= least)
    half = [heights(span.half, unit) for span in spans]
    more = [heights(span.nine_of_ten, unit) - low for span, low in zip(spans, half, strict=True)]
    series = {_("Half of them, %(unit)s") % {"unit": name}: half, _("Nine of ten, %(unit)s") % {"unit": name}: more}
    return columns(title % {"unit": name}, [week.name for week in weeks], series, show=6)


def heights(length: timedelta | None, unit: timedelta) -> int:
    """In whole units, and never none of what there was."""
    return max(1, round(length / unit)) if length is not None else 0


def in_words(length: timedelta | None) -> str:
    """Such as "3 h 20 min"; a dash where there is nothing to tell."""
    if length is None:
        return "–"
    minutes = round(length.total_seconds() / 60)
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    days, hours = divmod(hours, 24)
    return ngettext("%(days)d day %(hours)d h", "%(days)d days %(hours)d h", days) % {"days": days, "hours": hours}


def figures_of(now: datetime) -> Figures:
    """Seven queries, however many cases there are."""
    since = begin_of_weeks(timezone.localdate(now))
    weekly = Case.objects.filter(opened_at__gte=since).annotate(period=TruncWeek("opened_at"))
    lately = Case.objects.filter(opened_at__gte=now - timedelta(days=DAYS)).annotate(period=Value(0))
    mondays = [since + timedelta(weeks=number) for number in range(WEEKS)]
    by_week = {timezone.localdate(start): values for start, values in periods(weekly).items()}
    names = {monday.date(): date_format(monday, "j M") for monday in mondays}
    return Figures(
        ages_of(now),
        Period(_("The last %(days)d days") % {"days": DAYS}, **periods(lately).get(0, {})),
        [Period(name, **by_week.get(day, {})) for day, name in names.items()],
    )


def begin_of_weeks(today: date) -> datetime:
    """The Monday, at midnight, on which the first of the weeks begins; this week is the last."""
    monday = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    return timezone.make_aware(datetime.combine(monday, time.min))


def ages_of(now: datetime) -> list[Age]:
    """One query: each bucket is a count of its own."""
    counts: dict[str, Count] = {}
    upper = now
    for number, (age, _name) in enumerate(AGES):
        lower = now - age if age != timedelta.max else None
        inside = Q(waiting_since__lte=upper) if number else Q()
        inside &= Q(waiting_since__gt=lower) if lower else Q()
        counts |= {f"priority{number}": Count("pk", filter=inside & Q(is_priority=True))}
        counts |= {f"others{number}": Count("pk", filter=inside & Q(is_priority=False))}
        upper = lower or upper
    found = Case.objects.waiting().order_by().aggregate(**counts)
    return [Age(str(name), found[f"priority{number}"], found[f"others{number}"]) for number, (_age, name) in enumerate(AGES)]


def periods(cases: Any) -> dict[Any, dict[str, Any]]:
    """What a Period is made of, by the period of each case. Three queries."""
    counts = {"opened": Count("pk"), "answered": Count("first_answered_at"), "closed": Count("closed_at")}
    rows = {row.pop("period"): row for row in cases.order_by().values("period").annotate(**counts)}
    for name, until in (("answer", "first_answered_at"), ("closing", "closed_at")):
        for period, span in spans(cases, until).items():
            rows[period][name] = span
    return rows


def spans(cases: "QuerySet[Case]", until: str) -> Mapping[Any, Span]:
    """How long it took from opening to the moment `until`, by period: the rows of the two ranks, at most two a period."""
    took = ExpressionWrapper(F(until) - F("opened_at"), output_field=DurationField())
    size = Window(Count("pk"), partition_by="period")
    rank = Window(RowNumber(), partition_by="period", order_by=["took", "pk"])
    ranked = cases.filter(**{f"{until}__isnull": False}).annotate(took=took).annotate(hundreds=rank * 100, size=size)
    at_rank = [Q(hundreds__gte=F("size") * percent, hundreds__lt=F("size") * percent + 100) for percent in PERCENT.values()]
    found: dict[Any, dict[str, timedelta]] = {}
    rows = ranked.filter(at_rank[0] | at_rank[1]).order_by().values_list("period", "hundreds", "size", "took")
    for period, hundreds, of, length in rows:
        for name, percent in PERCENT.items():
            if of * percent <= hundreds < of * percent + 100:
                found.setdefault(period, {})[name] = length
    return {period: Span(**lengths) for period, lengths in found.items()}
