"""How partners' notifications went in the last 30 days, as pictures: purchases and refunds a day, and how long fulfilment took.

The number of queries is the same for any number of partners and notifications.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, QuerySet, Window
from django.db.models.functions import Ceil, RowNumber, TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from infacta.charts import columns
from purchases.models import EventKind, EventState, Purchase, WebhookEvent
from purchases.models.webhook_event import TAKING
from purchases.partners.registry import PARTNERS

DAYS = 30
MOST_COLOURS = 5  # the partners with most purchases by themselves, the others in one
HALF, MOST = 0.5, 0.95


@dataclass(frozen=True)
class Figures:
    """A number a day, today being the last: purchases by partner, refunds and chargebacks, and the seconds in which half of the notifications,
    and nineteen of twenty, were fulfilled."""

    days: Sequence[date]
    purchases: Mapping[str, Sequence[int]]
    refunds: Mapping[str, Sequence[int]]
    half: Sequence[float]
    most: Sequence[float]

    @property
    def labels(self) -> list[str]:
        return [date_format(day, "j M") for day in self.days]

    def of_purchases(self) -> SafeString:
        return columns(_("Purchases of the last 30 days, by partner"), self.labels, self.purchases)

    def of_refunds(self) -> SafeString:
        return columns(_("Refunds and chargebacks of the last 30 days"), self.labels, self.refunds)

    def of_lag(self) -> SafeString:
        """The upper part begins where the lower one ends, so the top of a column is the time of nineteen of twenty."""
        unit, scale = (_("milliseconds"), 1000.0) if max(self.most, default=0) < 10 else (_("seconds"), 1.0)
        half = [round(seconds * scale) for seconds in self.half]
        rest = [max(0, round(seconds * scale) - low) for seconds, low in zip(self.most, half, strict=True)]
        series = {
            _("half of them within (%(unit)s)") % {"unit": unit}: half,
            _("nineteen of twenty within (%(unit)s)") % {"unit": unit}: rest,
        }
        return columns(_("From reception to fulfilment in the last 30 days"), self.labels, series)

    @property
    def busy_days(self) -> list[tuple[date, int, int, float, float]]:
        """The days on which anything happened, the latest first: purchases, refunds, and both times in seconds."""
        bought = [sum(day) for day in zip(*self.purchases.values(), strict=True)] or [0] * DAYS
        returned = [sum(day) for day in zip(*self.refunds.values(), strict=True)]
        rows = zip(self.days, bought, returned, self.half, self.most, strict=True)
        return [row for row in reversed(list(rows)) if any(row[1:])]


def figures() -> Figures:
    """Four queries, grouped by the days of the reader's time zone."""
    days = [timezone.localdate() - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    since = timezone.make_aware(datetime.combine(days[0], time.min))
    lags = lags_by_day(since)
    return Figures(
        days=days,
        purchases=purchases_by_partner(days, since),
        refunds=refunds_by_kind(days, since),
        half=[lags[HALF].get(day, 0.0) for day in days],
        most=[lags[MOST].get(day, 0.0) for day in days],
    )


def purchases_by_partner(days: Sequence[date], since: datetime) -> dict[str, list[int]]:
    """By the partners' names, those with most purchases first."""
    recorded: Any = Purchase.objects.filter(recorded_at__gte=since).order_by().annotate(day=TruncDate("recorded_at"))
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(days))
    for row in recorded.values("partner", "day").annotate(number=Count("pk")):
        if row["day"] in days:
            found[row["partner"]][days.index(row["day"])] += row["number"]
    busiest = sorted(found, key=lambda slug: -sum(found[slug]))
    series = {name_of(slug): found[slug] for slug in busiest[:MOST_COLOURS]}
    if others := busiest[MOST_COLOURS:]:
        series[_("others")] = [sum(column) for column in zip(*(found[slug] for slug in others), strict=True)]
    return series


def name_of(slug: str) -> str:
    return PARTNERS[slug].name if slug in PARTNERS else slug


def fulfilled(since: datetime) -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(state=EventState.FULFILLED, received_at__gte=since).order_by()


def refunds_by_kind(days: Sequence[date], since: datetime) -> dict[str, list[int]]:
    """What was really taken back, by the day on which it was told."""
    rows: Any = fulfilled(since).filter(kind__in=TAKING).annotate(day=TruncDate("received_at")).values("kind", "day")
    series = {kind: [0] * len(days) for kind in TAKING}
    for row in rows.annotate(number=Count("pk")):
        if row["day"] in days:
            series[EventKind(row["kind"])][days.index(row["day"])] += row["number"]
    return {str(kind.label): numbers for kind, numbers in series.items()}


def lags_by_day(since: datetime) -> dict[float, dict[date, float]]:
    """The seconds in which such a part of a day's notifications was fulfilled: the database ranks them, and hands over two a day."""
    lag = ExpressionWrapper(F("handled_at") - F("received_at"), output_field=DurationField())
    ranked = fulfilled(since).filter(handled_at__isnull=False).annotate(day=TruncDate("received_at"), lag=lag)
    ranked = ranked.annotate(
        rank=Window(RowNumber(), partition_by=[F("day")], order_by=[F("lag").asc(), F("pk").asc()]),
        many=Window(Count("pk"), partition_by=[F("day")]),
    ).annotate(half=Ceil(F("many") * HALF), most=Ceil(F("many") * MOST))
    found: dict[float, dict[date, float]] = {HALF: {}, MOST: {}}
    for share, rank in ((HALF, "half"), (MOST, "most")):
        rows: Any = ranked.filter(rank=F(rank)).values_list("day", "lag")
        found[share] = {day: max(0.0, lag.total_seconds()) for day, lag in rows}
    return found
