"""A promotion in numbers, for staff: from its registrations and from the audit log, by a constant number of queries. Nobody's name is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate, TruncHour
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audit.kinds import Kind
from audit.models import AuditEvent
from infacta.charts import columns
from infacta.kept import Kept
from promotions.models import CodeBatch, Promotion, Redemption, RedemptionState

DAYS, HOURS = 30, 48
MOST_BATCHES, MOST_COUNTRIES, LONGEST_NAME = 50, 12, 30
CONFIRMED, HELD = Q(confirmed_at__isnull=False), Q(state=RedemptionState.HELD)
LAPSED, ENDED = Q(state=RedemptionState.LAPSED), Q(state=RedemptionState.ENDED)
STATES = {
    "confirmed": Count("pk", filter=Q(state=RedemptionState.CONFIRMED)),
    "held": Count("pk", filter=HELD),
    "lapsed": Count("pk", filter=LAPSED),
    "ended": Count("pk", filter=ENDED),
}

WALK = (Kind.PROMOTION_VISITED, Kind.PROMO_CODE_ACCEPTED)
BREAKS = (Kind.PROMO_CODE_MISTYPED, Kind.PROMO_CODE_REFUSED, Kind.PROMO_CODE_THROTTLED, Kind.REGISTRATION_REFUSED)
Seen = Mapping[str, tuple[int, int]]
"""By kind of event: how often it happened, and from how many addresses."""
AUDIT_IS_KEPT = timedelta(minutes=5)
kept: Kept[Seen] = Kept(AUDIT_IS_KEPT.total_seconds())


@dataclass(frozen=True)
class Step:
    """One step of the walk: how often it was taken, and from how many addresses."""

    name: str
    times: int
    addresses: int


@dataclass(frozen=True)
class Figures:
    """`hours` and `days` are pairs of labels and series; the last label is now. `batches` and `countries` are rows with the numbers of each state."""

    totals: Mapping[str, int]
    steps: Sequence[Step]
    turned_away: Sequence[Step]
    days: tuple[Sequence[str], Mapping[str, Sequence[int]]]
    hours: tuple[Sequence[str], Mapping[str, Sequence[int]]]
    batches: Sequence[Mapping[str, Any]]
    countries: Sequence[Mapping[str, Any]]

    def of_days(self) -> SafeString:
        return columns(_("Registrations of the last 30 days, by what became of them"), *self.days)

    def of_hours(self) -> SafeString:
        return columns(_("Registrations of the last 48 hours, by what became of them"), *self.hours)

    def of_steps(self) -> SafeString:
        labels = [step.name for step in self.steps]
        return columns(
            _("Addresses that came so far, in the last 30 days"), labels, {_("Addresses"): [one.addresses for one in self.steps]}
        )

    def of_batches(self) -> SafeString:
        shown = self.batches[:MOST_COUNTRIES]
        return columns(_("Registrations by batch"), [row["name"] for row in shown], in_states(shown))

    def of_countries(self) -> SafeString:
        return columns(_("Registrations by country of the address"), [row["name"] for row in self.countries], in_states(self.countries))


def in_states(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[int]]:
    """The series of a chart: the number of each row by what became of the registrations."""
    names = {"confirmed": _("Confirmed"), "held": _("Wait for the mailbox"), "lapsed": _("Lapsed"), "ended": _("Ended by staff")}
    return {title: [row[name] for row in rows] for name, title in names.items()}


def figures_of(promotion: Promotion, now: datetime) -> Figures:
    """Seven queries, however much there is; six while what the audit log says of the promotion is kept (AUDIT_IS_KEPT)."""
    registrations = promotion.redemptions.had().order_by()
    since = now - timedelta(days=DAYS)
    seen = of_audit(promotion, since)
    totals = registrations.aggregate(**STATES, all=Count("pk"), disposable=Count("pk", filter=Q(is_disposable=True)))
    return Figures(
        totals=totals,
        steps=steps_of(promotion, since, seen),
        turned_away=[Step(str(kind.label), *seen.get(kind.value, (0, 0))) for kind in BREAKS],
        days=by_day(registrations, timezone.localdate(now)),
        hours=by_hour(registrations, now),
        batches=by_batch(registrations),
        countries=by_country(registrations, totals),
    )


def steps_of(promotion: Promotion, since: datetime, seen: Seen) -> list[Step]:
    """Visited, code accepted, registered, confirmed: from the audit log (`seen`), and from the registrations of the same days."""
    counts = {"all": Count("pk"), "from_all": Count("ip", distinct=True)}
    counts |= {"proved": Count("pk", filter=CONFIRMED), "from_proved": Count("ip", filter=CONFIRMED, distinct=True)}
    done = promotion.redemptions.had().filter(held_at__gte=since).aggregate(**counts)
    return [
        Step(_("Visited"), *seen.get(Kind.PROMOTION_VISITED.value, (0, 0))),
        Step(_("Code accepted"), *seen.get(Kind.PROMO_CODE_ACCEPTED.value, (0, 0))),
        Step(_("Registered"), done["all"], done["from_all"]),
        Step(_("Confirmed"), done["proved"], done["from_proved"]),
    ]


def of_audit(promotion: Promotion, since: datetime) -> Seen:
    """How often each kind of event happened at this promotion, and from how many addresses. The page that the mail links to is no visit of it.

    A month of the log is read for it, so it is kept for some minutes: whoever loads the page again and again costs the log nothing.
    """
    seen = kept.get(key := str(promotion.pk))
    if seen is None:
        events = AuditEvent.objects.filter(kind__in=(*WALK, *BREAKS), at__gte=since, detail__promotion=promotion.slug).order_by()
        events = events.exclude(kind=Kind.PROMOTION_VISITED, detail__page="confirm_link")
        rows = events.values_list("kind").annotate(Count("pk"), Count("ip", distinct=True))
        seen = {kind: (times, addresses) for kind, times, addresses in rows}
        kept.put(key, seen)
    return seen


def by_day(registrations: Any, today: date) -> tuple[list[str], dict[str, list[int]]]:
    """A column a day, in the reader's time zone."""
    days = [today - timedelta(days=number) for number in reversed(range(DAYS))]
    begin = timezone.make_aware(datetime.combine(days[0], time.min))
    rows = registrations.filter(held_at__gte=begin).annotate(day=TruncDate("held_at")).values("day").annotate(**STATES)
    return [date_format(day, "j M") for day in days], in_states(filled(days, {row["day"]: row for row in rows}))


def by_hour(registrations: Any, now: datetime) -> tuple[list[str], dict[str, list[int]]]:
    """A column an hour."""
    this = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    hours = [this - timedelta(hours=number) for number in reversed(range(HOURS))]
    rows = registrations.filter(held_at__gte=hours[0]).annotate(hour=TruncHour("held_at")).values("hour").annotate(**STATES)
    return [date_format(timezone.localtime(hour), "H:i") for hour in hours], in_states(filled(hours, {row["hour"]: row for row in rows}))


def filled(moments: Sequence[Any], rows: Mapping[Any, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A row for every moment, those without registrations too."""
    nothing = dict.fromkeys(STATES, 0)
    return [rows.get(moment, nothing) for moment in moments]


def by_batch(registrations: Any) -> list[dict[str, Any]]:
    """The batches with most registrations, each with its label for reports."""
    names = {"number": F("code__batch"), "tag": F("code__batch__tag"), "label": F("code__batch__label"), "size": F("code__batch__size")}
    rows = registrations.values(**names).annotate(all=Count("pk"), **STATES).order_by("-all", "number")[:MOST_BATCHES]
    return [row | {"name": row["label"] or row["tag"]} for row in rows]


def by_country(registrations: Any, totals: Mapping[str, int]) -> list[dict[str, Any]]:
    """The countries with most registrations, as people wrote them, and the others in one row; a dash where none was given."""
    rows = registrations.values("country").annotate(all=Count("pk"), **STATES).order_by("-all", "country")[:MOST_COUNTRIES]
    shown = [row | {"name": row["country"][:LONGEST_NAME] or "–"} for row in rows]
    others = {name: totals[name] - sum(row[name] for row in shown) for name in ("all", *STATES)}
    return [*shown, {"country": "", "name": _("others")} | others] if others["all"] > 0 else shown


def networks_of(batch: CodeBatch, since: datetime) -> list[dict[str, Any]]:
    """The addresses from which most codes of a batch were redeemed."""
    redeemed: Any = Redemption.objects.had().filter(code__batch=batch, held_at__gte=since).exclude(ip=None).order_by()
    return list(redeemed.values("ip").annotate(all=Count("pk")).order_by("-all", "ip")[:MOST_COUNTRIES])
