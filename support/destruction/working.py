"""Working on destructions: claimed in batches, a step at a time, each step committed and verified; what cannot be destroyed blocks no other.

A worker that is killed leaves what it had claimed until its lease ends; then the next one begins again with the first step, which does no harm.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import cast

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from support.destruction.finishing import finish
from support.destruction.log import Behind, LogLost
from support.destruction.starting import begin_due
from support.destruction.steps import STEPS, Problems, Step
from support.models import Case, Destruction, DestructionState, Life
from support.models.destruction import DestructionQuerySet

log = logging.getLogger(__name__)

BATCH = 250
LEASE = timedelta(minutes=10)
PAUSES = (timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))
Records = Sequence[Destruction]
LOST = "the log of destructions is not the one of before: see manage.py replay_destructions"
BEHIND = "a backup of the database was restored: run manage.py replay_destructions"


def work_off(
    limit: int | None = None, seconds: float | None = None, progress: Callable[[Counter[str]], None] = lambda done: None
) -> Counter[str]:
    """Destroy what is due, until nothing is left, or `limit` cases or so many `seconds` are over.

    Counts `destroyed` and `failed`; `left` is 1 if it ended early. `progress` hears the same after each batch.
    """
    done, began = Counter[str](), monotonic()
    while True:
        room = BATCH if limit is None else min(BATCH, limit - done["destroyed"] - done["failed"])
        if room <= 0 or (seconds is not None and monotonic() - began > seconds):
            return done | Counter(left=1)
        records = claim(Destruction.objects.all(), room)
        if not records and begin_due(room):
            records = claim(Destruction.objects.all(), room)
        if not records:
            return done
        done += work_on(records)
        progress(done)


@transaction.atomic
def claim(chosen: DestructionQuerySet, limit: int) -> list[Destruction]:
    """Take up to `limit` of them for this worker, for as long as its lease lasts. A claim is a try, whatever comes of it."""
    now = timezone.now()
    waiting = chosen.to_be_worked_on(now).order_by("next_try_at", "pk")
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True, of=("self",))
    numbers = list(waiting.values_list("pk", flat=True)[:limit])
    if numbers:
        Destruction.objects.filter(pk__in=numbers).update(next_try_at=now + LEASE, attempts=F("attempts") + 1)
    return list(Destruction.objects.filter(pk__in=numbers).select_related("case").order_by("pk"))


def work_on(records: Records) -> Counter[str]:
    """All steps for all of them; who fails at one is left out of the next."""
    problems: Problems = {}
    for step in STEPS:
        records = go_on(records, step, problems)
    records = last_step(records, problems)
    return +Counter(destroyed=len(records), failed=len(problems))


def go_on(records: Records, step: Step, problems: Problems) -> Records:
    """One step, and a commit that says when nothing was found any more."""
    found = isolated(lambda some: step.take([case_of(one) for one in some]), records, case_of)
    report(records, step.name, found)
    problems |= found
    gone = [record for record in records if record.case_id not in found]
    Destruction.objects.unfinished().filter(pk__in=[record.pk for record in gone]).update(**{step.seen: timezone.now()})
    return gone


def last_step(records: Records, problems: Problems) -> Records:
    def take(some: Records) -> Problems:
        finish(record.pk for record in some)
        return {}

    found = isolated(take, records, case_of)
    report(records, "record", found)
    problems |= found
    return [record for record in records if record.case_id not in found]


def case_of(record: Destruction) -> Case:
    """An unfinished destruction has its case."""
    return cast(Case, record.case)


def isolated(take: Callable[[Records], Problems], records: Records, case: Callable[[Destruction], Case]) -> Problems:
    """What the work says of all of them; if it breaks, they are taken one by one, so that the one at which it breaks is found."""
    if not records:
        return {}
    try:
        with transaction.atomic():
            return take(records)
    except Exception as error:
        if len(records) == 1:
            log.error("Destruction %s broke: %s.", records[0].number, type(error).__name__)
            return {case(records[0]).pk: problem_of(error)}
    found: Problems = {}
    for record in records:
        found |= isolated(take, [record], case)
    return found


def problem_of(error: Exception) -> str:
    """Without its words, which may hold what was told."""
    return {LogLost: LOST, Behind: BEHIND}.get(type(error), type(error).__name__)


def report(records: Records, step: str, problems: Problems) -> None:
    """Those that failed are tried again, ever less often, and stand as failed until they are done."""
    now, groups = timezone.now(), defaultdict[tuple[str, timedelta], list[Destruction]](list)
    for record in records:
        if problem := problems.get(case_of(record).pk):
            pause = PAUSES[min(record.attempts, len(PAUSES)) - 1]
            groups[f"{step}: {problem}"[:200], pause].append(record)
    for (problem, pause), failed in groups.items():
        log.warning("%d destructions could not be done (%s); the next try is in %s.", len(failed), problem, pause)
        unfinished = Destruction.objects.unfinished().filter(pk__in=[record.pk for record in failed])
        with transaction.atomic():
            Case.objects.filter(destruction__in=unfinished).update(life=Life.FAILED)
            unfinished.update(state=DestructionState.FAILED, problem=problem, next_try_at=now + pause)
