"""Working on erasures: one request at a time in a worker's hands, for as long as its lease lasts; a step at a time, each committed and looked at.

A step that fails keeps no other from being done, and is tried again, ever less often, until all is done. A worker that is killed leaves what it had until
its lease ends; then the next one goes on, and does a step again, which does no harm. Nothing says that it is done before all of it was looked for.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from time import monotonic

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import get_language

from privacy.erasing import NotYet
from privacy.subjects import DataSubject
from rights.erasure import finishing, log
from rights.erasure.beginning import begun
from rights.erasure.finishing import LeaseLost
from rights.erasure.persons import person_of
from rights.erasure.planning import Step, steps
from rights.erasure.replaying import highest_logged, is_behind
from rights.models import Erasure, ErasureStep, Kind, State, SubjectRequest

logger = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
LOST = "the log of erasures is not the one of before: see manage.py replay_erasures"
BEHIND = "a backup of the database was restored: run manage.py replay_erasures"


def work_off(seconds: float | None = None, progress: Callable[[int], None] = lambda done: None) -> int:
    """Take what is due, one after the other, until nothing is or so many `seconds` are over; returns how many are done, from first to last.

    `progress` hears how many, after each.
    """
    done, since = 0, monotonic()
    while (request := claim(timezone.now())) and (seconds is None or monotonic() - since < seconds):
        done += carry_out(request)
        progress(done)
    return done


@transaction.atomic
def claim(now: datetime) -> SubjectRequest | None:
    """One that is due, for this worker alone while the lease lasts; None if there is none."""
    due = SubjectRequest.objects.due(now).filter(kind=Kind.ERASURE).order_by("begins_at", "pk")
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True, of=("self",))
    request = due.first()
    if request is None:
        return None
    request.lease_token = token_hex(16)
    request.state, request.lease_until = State.WORKING, now + SubjectRequest.LEASE
    request.save(update_fields=["state", "lease_token", "lease_until"])
    return request


def carry_out(request: SubjectRequest) -> bool:
    """All that can be done of it now; whether it is done. What breaks is written down, and put off."""
    try:
        erasure = begin(request)
        if problems := take_steps(request, erasure):
            put_off(request, "; ".join(problems))
            return False
        rest = erasure.closed_at + Erasure.SETTLE - timezone.now()
        if rest > timedelta(0):
            wait(request, rest)
            return False
        if finishing.finish(request, erasure):
            return True
        wait(request, PAUSES[0])
    except LeaseLost:
        logger.warning("Erasure %s: another worker has it.", request.number)
    except Exception as error:
        logger.error("Erasure %s broke: %s.", request.number, type(error).__name__)
        put_off(request, problem_of(error))
    return False


def begin(request: SubjectRequest) -> Erasure:
    """The erasure of this request; if there is none yet, the account is closed now. Raises Behind, LogLost, OSError and NotYet.

    Behind, for a number after those that were not replayed would hide them from the next start.
    """
    if found := Erasure.objects.filter(request=request).first():
        return found
    known = highest_logged()
    if is_behind(known, request.number):
        raise log.Behind
    person, planned = person_of(request), steps()
    rows = {step.name: step.eraser.left(person) for step in planned}
    language = (request.user.language if request.user else "") or request.language or get_language() or ""
    with transaction.atomic():
        renew(request)  # the row stays locked: nobody else begins it meanwhile
        erasure = begun(request, person, request.email or (request.user.email if request.user else ""), language, rows=rows)
        write_down(erasure, known)
    return erasure


def write_down(erasure: Erasure, known: int) -> None:
    person = erasure.person
    entry = log.Entry(
        erasure.number, person.account, log.digests_of(person.addresses), erasure.asked_at, erasure.closed_at, erasure.receipt
    )
    erasure.logged_as = log.append(entry, known).sequence
    erasure.save(update_fields=["logged_as"])


def take_steps(request: SubjectRequest, erasure: Erasure) -> list[str]:
    """Every step that is not done, in their order; returns what stands in the way, a sentence a step."""
    person, by_name = erasure.person, {step.name: step for step in steps()}
    problems = []
    for row in erasure.steps.filter(done_at=None).order_by("position"):
        renew(request)
        problem = taken(by_name[row.name], person) if row.name in by_name else ""
        ErasureStep.objects.filter(pk=row.pk).update(
            attempts=row.attempts + 1, problem=problem, done_at=None if problem else timezone.now()
        )
        if problem:
            problems.append(f"{row.name}: {problem}")
        note_progress(request, erasure)
    return problems


def taken(step: Step, person: DataSubject) -> str:
    """Do it, and look; what stands in the way, "" if nothing was found any more."""
    try:
        step.eraser.erase(person)
        left = step.eraser.left(person)
    except Exception as error:
        if not isinstance(error, NotYet):
            logger.exception("The step %s of an erasure broke", step.name)
        return problem_of(error)[:200]
    return f"{left} rows are still there" if left else ""


def note_progress(request: SubjectRequest, erasure: Erasure) -> None:
    done = erasure.steps.exclude(done_at=None).count()
    SubjectRequest.objects.filter(pk=request.pk).update(steps_done=done + 1)


def problem_of(error: Exception) -> str:
    """Without the words of what nobody foresaw: they may repeat personal data."""
    if isinstance(error, NotYet):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or type(error).__name__}"
    return {log.LogLost: LOST, log.Behind: BEHIND}.get(type(error), type(error).__name__)


def renew(request: SubjectRequest) -> None:
    """The lease goes on. LeaseLost if another worker has it."""
    mine = SubjectRequest.objects.filter(pk=request.pk, state=State.WORKING, lease_token=request.lease_token)
    if not mine.update(lease_until=timezone.now() + SubjectRequest.LEASE):
        raise LeaseLost


def wait(request: SubjectRequest, pause: timedelta) -> None:
    """Nothing is wrong; it goes on then."""
    mine = SubjectRequest.objects.filter(pk=request.pk, lease_token=request.lease_token, state=State.WORKING)
    mine.update(lease_until=timezone.now() + pause, problem="")


def put_off(request: SubjectRequest, problem: str) -> None:
    """Tried again, ever less often; staff see what stands in the way."""
    pause = PAUSES[min(request.failures, len(PAUSES) - 1)]
    mine = SubjectRequest.objects.filter(pk=request.pk, lease_token=request.lease_token, state=State.WORKING)
    mine.update(lease_until=timezone.now() + pause, problem=problem[:200], failures=request.failures + 1)
    logger.warning("Erasure %s could not be completed; the next try is in %s.", request.number, pause)
