"""Whether workers work: every sweep of infacta/schedule.py was through lately (promise D3; what is due is destroyed by nobody else)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from infacta.schedule import SWEEPS, Sweep
from privacy.models import SweepRun
from privacy.promise_checks import Outcome, checks

SHORTEST, TIMES = timedelta(minutes=15), 3
"""A sweep is late when three of its turns are over, and no sooner than after a quarter of an hour: workers are restarted now and then."""


def allowed(sweep: Sweep) -> timedelta:
    return max(SHORTEST, TIMES * sweep.every)


@checks("D3")
def every_sweep_was_through_lately() -> tuple[Outcome, str]:
    now, runs = timezone.now(), {run.task: run for run in SweepRun.objects.all()}
    if not runs:
        return Outcome.UNKNOWN, "no worker has run a sweep yet"
    if said := all_late(runs, now):
        return Outcome.BROKEN, f"{len(said)} of {len(SWEEPS)} sweeps are late: {', '.join(said[:5])}"
    latest = max((run.ended_at for run in runs.values() if run.ended_at), default=watched_since(runs))
    return Outcome.KEPT, f"none of {len(SWEEPS)} sweeps is late; the latest was through at {latest:%Y-%m-%d %H:%M} UTC"


def late(now: datetime) -> list[str]:
    """The sweeps that are late, and since when; none while no worker has run any."""
    return all_late({run.task: run for run in SweepRun.objects.all()}, now)


def all_late(runs: Mapping[str, SweepRun], now: datetime) -> list[str]:
    return [said for sweep in SWEEPS if runs and (said := what_is_late(sweep, runs.get(sweep.task), watched_since(runs), now))]


def watched_since(runs: Mapping[str, SweepRun]) -> datetime:
    return min(run.first_at for run in runs.values())


def what_is_late(sweep: Sweep, run: SweepRun | None, watched_since: datetime, now: datetime) -> str:
    """The sweep and since when; "" if it is in time. One that was never through is late once others have been watched for as long."""
    ended_at = run.ended_at if run else None
    if (ended_at or watched_since) >= now - allowed(sweep):
        return ""
    said = f"since {ended_at:%Y-%m-%d %H:%M} UTC" if ended_at else "never through"
    failed = f", failed with {run.problem}" if run and run.is_broken else ""
    return f"{sweep.task} ({said}{failed})"
