"""How often a release was downloaded, for staff: a day, by system, and how it ended. One query; nobody's name is in it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from downloads.models import DownloadSession, Release
from downloads.models.release_file import Platform
from infacta.charts import columns

DAYS = 30
COMPLETE = Q(completed_at__isnull=False)
RETURNED = Q(completed_at=None, returned_at__isnull=False)


@dataclass
class Outcome:
    """What became of the downloads for one system."""

    system: str
    complete: int = 0
    returned: int = 0
    others: int = 0

    @property
    def taken(self) -> int:
        return self.complete + self.returned + self.others


@dataclass(frozen=True)
class Figures:
    """The downloads of a release in the last 30 days: for each system a number a day, today being the last, and what became of them."""

    days: Sequence[date]
    by_system: Mapping[str, Sequence[int]]
    outcomes: Sequence[Outcome]

    @property
    def taken(self) -> int:
        return sum(outcome.taken for outcome in self.outcomes)

    @property
    def busy_days(self) -> list[tuple[date, int]]:
        """Those on which anything was downloaded, the latest first."""
        totals = zip(self.days, map(sum, zip(*self.by_system.values(), strict=True)), strict=True)
        return [(day, total) for day, total in reversed(list(totals)) if total] if self.by_system else []

    def of_days(self) -> SafeString:
        """Columns of downloads, a day each, by system."""
        labels = [date_format(day, "j M") for day in self.days]
        return columns(_("Downloads of the last 30 days, by system"), labels, self.by_system)

    def of_outcomes(self) -> SafeString:
        """Columns of what became of the downloads, a system each."""
        series = {
            _("Complete"): [outcome.complete for outcome in self.outcomes],
            _("Given back"): [outcome.returned for outcome in self.outcomes],
            _("Not complete, or not known"): [outcome.others for outcome in self.outcomes],
        }
        return columns(_("How the downloads of the last 30 days ended, by system"), [one.system for one in self.outcomes], series)


def first_day() -> date:
    return timezone.localdate() - timedelta(days=DAYS - 1)


def since() -> datetime:
    """The begin of the first day, in the reader's time zone."""
    return timezone.make_aware(datetime.combine(first_day(), time.min))


def figures_of(release: Release) -> Figures:
    """One query, grouped by the days of the reader's time zone."""
    days = [first_day() + timedelta(days=number) for number in range(DAYS)]
    taken = DownloadSession.objects.filter(file__release=release, opened_at__gte=since()).order_by()
    counts = {"complete": Count("pk", filter=COMPLETE), "returned": Count("pk", filter=RETURNED), "taken": Count("pk")}
    rows: Any = taken.annotate(day=TruncDate("opened_at")).values("day", "file__platform").annotate(**counts)
    by_system: dict[str, list[int]] = defaultdict(lambda: [0] * DAYS)
    outcomes: dict[str, Outcome] = {}
    for row in sorted(rows, key=lambda row: Platform.values.index(row["file__platform"])):
        system = str(Platform(row["file__platform"]).label)
        outcome = outcomes.setdefault(system, Outcome(system))
        outcome.complete += row["complete"]
        outcome.returned += row["returned"]
        outcome.others += row["taken"] - row["complete"] - row["returned"]
        if row["day"] in days:
            by_system[system][days.index(row["day"])] += row["taken"]
    return Figures(days, dict(by_system), list(outcomes.values()))


def with_figures(releases: QuerySet[Release]) -> QuerySet[Release]:
    """Releases with the number of their files (`file_count`), and of their downloads in the last 30 days (`taken`), in the same query."""
    taken = DownloadSession.objects.filter(file__release=OuterRef("pk"), opened_at__gte=since()).order_by()
    counted = taken.values("file__release").annotate(number=Count("pk")).values("number")
    return releases.annotate(file_count=Count("files", distinct=True), taken=Coalesce(Subquery(counted, output_field=IntegerField()), 0))
