"""The sweeps of support."""

from datetime import datetime, time, timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from infacta.celery import WakingTask
from privacy.retention.batches import delete
from privacy.retention.due import rows
from support.cases.closing import close
from support.destruction.reconciling import reconcile
from support.destruction.standing import PURGE, RECONCILE
from support.destruction.working import work_off
from support.diagnostics import settling
from support.login_help import deciding, watching
from support.models import Case, Correction, LoginHelpRequest, State, SweepMark
from support.personal_data import CORRECTIONS, LOGIN_HELP_HISTORY

SECONDS = 20  # so long one sweep works; then other sweeps have their turn
BATCH = 500
NIGHT = time(2)
AT_IT = timedelta(hours=6)


@shared_task(base=WakingTask)
def purge_support() -> int:
    """Destroy what is due, and try again what could not be destroyed; returns how many cases were destroyed."""
    done = work_off(seconds=SECONDS)
    SweepMark.objects.passed(PURGE, timezone.now())
    if done["left"]:
        purge_support.wake()
    return done["destroyed"]


@shared_task
def close_quiet_cases() -> int:
    """Close cases in which nobody wrote for long after our answer, so that none lies for ever; returns how many. Writing opens them again."""
    limit = timezone.now() - timedelta(days=settings.SUPPORT_QUIET_DAYS)
    quiet = Case.objects.live().filter(state=State.ANSWERED, last_written_at__lte=limit).order_by("last_written_at")
    return sum(close_if_quiet(pk, limit) for pk in quiet.values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def close_if_quiet(pk: int, limit: datetime) -> bool:
    case = Case.objects.live().select_for_update().filter(pk=pk, state=State.ANSWERED, last_written_at__lte=limit).first()
    return case is not None and close(case, quiet_days=settings.SUPPORT_QUIET_DAYS)


@shared_task
def reconcile_support() -> int:
    """Once a night: look whether rows, keys and files belong together; returns how many reconciliations were made (0 or 1)."""
    now = timezone.now()
    night = timezone.make_aware(datetime.combine(timezone.localdate(now), NIGHT))
    since = night if now >= night else night - timedelta(days=1)
    if not SweepMark.objects.claim(RECONCILE, now, since=since, abandoned=now - AT_IT):
        return 0
    reconcile()
    SweepMark.objects.passed(RECONCILE, timezone.now())
    return 1


@shared_task
def open_diagnostics() -> int:
    """Open the cases of uploads that came whole and were then left; returns how many."""
    return settling.open_what_came_whole()


@shared_task
def purge_diagnostics() -> int:
    """Destroy uploads that did not come whole within a day; returns how many."""
    return settling.destroy_what_lapsed()


@shared_task
def purge_proofs() -> int:
    """Destroy proofs of purchase that serve nothing any more; returns how many."""
    return deciding.purge(timezone.now())


@shared_task
def purge_log_in_help_requests() -> int:
    """Delete requests for help with the log-in past their retention; returns how many."""
    return delete(rows(LOGIN_HELP_HISTORY, LoginHelpRequest, timezone.now()))


@shared_task
def purge_corrections() -> int:
    """Delete what is noted of corrections past its retention; returns how many."""
    return delete(rows(CORRECTIONS, Correction, timezone.now()))


@shared_task
def watch_log_in_help() -> int:
    """Look for orders that are claimed from many addresses; returns how many signs are new or have newer evidence."""
    return watching.watch()
