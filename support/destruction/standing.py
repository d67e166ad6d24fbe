"""How destruction stands: what is due, failed, held and late. The banner, the promises and the commands read it here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Value
from django.utils import timezone

from support.destruction import due
from support.models import Destruction, Reconciliation, SweepMark

PURGE, RECONCILE = "purge", "reconcile"
SILENT = timedelta(minutes=15)
"""A worker looks every minute."""
NIGHTS = timedelta(hours=50)
MOST = 20
"""So many are named."""


@dataclass(frozen=True)
class Standing:
    """Numbers of cases. `late`: due an hour ago and not begun, or begun and not done."""

    due: int
    under_way: int
    failed: int
    held: int
    late: int


def standing(now: datetime) -> Standing:
    return Standing(
        due=due.due(now).count(),
        under_way=Destruction.objects.unfinished().count(),
        failed=Destruction.objects.failed().count(),
        held=due.held(now).count(),
        late=due.overdue_cases(now).count() + due.overdue_destructions(now).count(),
    )


def red(now: datetime) -> set[str]:
    """What the staff must hear of, in one query: "late", "failed", "damaged", "returned", "stuck"."""
    latest = Reconciliation.objects.filter(pk__in=Reconciliation.objects.order_by("-began_at").values("pk")[:1])
    said = [
        due.overdue_cases(now).order_by().annotate(what=Value("late")),
        due.overdue_destructions(now).order_by().annotate(what=Value("late")),
        Destruction.objects.failed().order_by().annotate(what=Value("failed")),
        (latest.filter(keyless_cases__gt=0) | latest.filter(missing_files__gt=0)).order_by().annotate(what=Value("damaged")),
        latest.filter(returned_keys__gt=0).order_by().annotate(what=Value("returned")),
        latest.filter(stuck__gt=0).order_by().annotate(what=Value("stuck")),
    ]
    first, *others = [rows.values_list("what", flat=True) for rows in said]
    return set(first.union(*others))


def silent_since(name: str, allowed: timedelta) -> datetime | None:
    """When the sweep was last through, if that is too long ago."""
    mark = SweepMark.objects.filter(name=name, ended_at__lt=timezone.now() - allowed).first()
    return mark.ended_at if mark else None


def references(rows: str) -> list[str]:
    """The numbers of cases that are `due`, `failed`, `held` or `late`, those that have waited longest first."""
    now = timezone.now()
    begun = {"failed": Destruction.objects.failed(), "late": due.overdue_destructions(now)}
    closed = {"due": due.due(now), "held": due.held(now), "late": due.overdue_cases(now)}
    found = list(closed[rows].order_by("destroy_at").values_list("reference", flat=True)[:MOST]) if rows in closed else []
    if rows in begun:
        found += begun[rows].order_by("due_at").values_list("case__reference", flat=True)[: MOST - len(found)]
    return found
