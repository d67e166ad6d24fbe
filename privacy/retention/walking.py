"""The walk: every destroyer that the declarations name is called in its turn, and what came of it is noted. One that fails stops no other.

Whose turn it is: those first that waited longest. A destroyer's turn comes once an hour, or with the next walk if it failed or was not through.
A worker that is killed leaves what it had in hand until its lease ends; to destroy again what is destroyed does no harm.
"""

import logging
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from privacy.models import RetentionRun
from privacy.registry import Retention, registry
from privacy.retention.batches import limited_to
from privacy.retention.due import Governed, governed
from privacy.retention.standing import SLACK, counted

log = logging.getLogger(__name__)

TURN = timedelta(hours=1)
EARLY = timedelta(minutes=1)  # walks are not to the second; what has its turn in a moment need not wait for the next one
SECONDS = 20.0


@dataclass(frozen=True)
class Passed:
    """One destroyer's turn. `problem`: what broke it, without its words. `left`: its time was over before all was destroyed."""

    destroyer: str
    rules: tuple[str, ...]
    rows: int = 0
    seconds: float = 0
    problem: str = ""
    left: bool = False
    in_hand: bool = False


def rules_of_destroyers() -> dict[str, list[Retention]]:
    """Every destroyer that is declared, with the retentions that it enforces."""
    found: dict[str, list[Retention]] = {}
    for retention in registry.retentions():
        if retention.destroyer:
            found.setdefault(retention.destroyer, []).append(retention)
    return found


def walk(seconds: float | None = None, each: float = SECONDS) -> list[Passed]:
    """Give each destroyer whose turn it is its turn, for `each` seconds at most; no new turn begins once `seconds` are over."""
    began, passed = time.monotonic(), []
    for destroyer in whose_turn(timezone.now()):
        if seconds is not None and time.monotonic() - began > seconds:
            break
        passed.append(take_turn(destroyer, each, turn_has_come(timezone.now())))
    return passed


def turn_has_come(now: datetime) -> Q:
    """An hour is over since it began; or it failed, was not through, nobody reported back, or it began when somebody's clock was wrong."""
    nobody_came_back = Q(began_at__gt=F("ended_at")) | Q(ended_at=None)
    hour_is_over = Q(began_at__lte=now - TURN + EARLY) | Q(began_at__gt=now + TURN)
    return Q(began_at=None) | hour_is_over | ~Q(problem="") | Q(left=True) | nobody_came_back


def whose_turn(now: datetime) -> list[str]:
    """Destroyers whose turn it is, those first that waited longest."""
    known = rules_of_destroyers()
    runs = RetentionRun.objects.filter(destroyer__in=known)
    ran = set(runs.exclude(began_at=None).values_list("destroyer", flat=True))
    again = runs.filter(turn_has_come(now)).exclude(began_at=None).order_by("began_at", "pk")
    return [destroyer for destroyer in known if destroyer not in ran] + list(again.values_list("destroyer", flat=True))


def all_of(destroyers: Iterable[str], each: float = SECONDS) -> Iterator[Passed]:
    """Give these destroyers turns until each is through with what is due, whoever had a turn lately; one `Passed` for each."""
    for destroyer in destroyers:
        passed = take_turn(destroyer, each)
        while passed.left:
            more = take_turn(destroyer, each)
            passed = Passed(
                destroyer, passed.rules, passed.rows + more.rows, passed.seconds + more.seconds, more.problem, more.left, more.in_hand
            )
        yield passed


def take_turn(destroyer: str, seconds: float, when: Q | None = None) -> Passed:
    """Claim the destroyer, let it work for so many seconds, and note what came of it. `when`: only if that holds of its run."""
    slugs = tuple(rule.slug for rule in rules_of_destroyers()[destroyer])
    mine = claim(destroyer, timezone.now(), when)
    if mine is None:
        return Passed(destroyer, slugs, in_hand=True)
    began = time.monotonic()
    try:
        with limited_to(seconds):
            rows = int(import_string(destroyer)() or 0)
        passed = Passed(destroyer, slugs, rows, time.monotonic() - began, left=rows > 0 and is_anything_due(slugs))
        note(passed, mine, number_overdue(slugs))
    except Exception as error:
        passed = Passed(destroyer, slugs, seconds=time.monotonic() - began, problem=problem_of(error))
        log.error("The destroyer %s failed: %s. It has its turn again with the next walk.", destroyer, passed.problem)
        run_of(destroyer, mine).update(problem=passed.problem, lease_until=None)
    return passed


def claim(destroyer: str, now: datetime, when: Q | None) -> datetime | None:
    """The moment at which this worker began, which is the mark of its turn; None if another has the destroyer in hand.

    A lease that ends later than any can was taken by a clock that went ahead, and would hold for as long.
    """
    RetentionRun.objects.get_or_create(destroyer=destroyer)
    free = Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + TURN)
    waiting = RetentionRun.objects.filter(free, when or Q(), destroyer=destroyer)
    return now if waiting.update(began_at=now, tries=F("tries") + 1, lease_until=now + RetentionRun.LEASE) else None


def run_of(destroyer: str, mine: datetime) -> QuerySet[RetentionRun]:
    """The note of this turn: none, if the lease was lost meanwhile, and another worker's turn has begun."""
    return RetentionRun.objects.filter(destroyer=destroyer, began_at=mine)


def note(passed: Passed, mine: datetime, late: int) -> None:
    run_of(passed.destroyer, mine).update(
        ended_at=timezone.now(),
        seconds=passed.seconds,
        rows=passed.rows,
        left=passed.left,
        overdue=late,
        problem="",
        tries=0,
        lease_until=None,
    )


def of_rules(slugs: Iterable[str]) -> list[Governed]:
    return [one for one in governed() if one.retention.slug in slugs]


def is_anything_due(slugs: Iterable[str]) -> bool:
    now = timezone.now()
    return any(counted(one.due(now), most=1).rows for one in of_rules(slugs))


def number_overdue(slugs: Iterable[str]) -> int:
    since = timezone.now() - SLACK
    return sum(counted(one.overdue(since)).rows or 0 for one in of_rules(slugs))


def problem_of(error: BaseException) -> str:
    """Its class, and the place in our code; never its words, which may name a row."""
    place = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
    where = f" at {'/'.join(place.filename.split('/')[-2:])}:{place.lineno}" if place else ""
    return f"{type(error).__name__}{where}"[:200]
