"""The sweeps of support."""

from celery import shared_task
from django.utils import timezone

from support.destruction.starting import begin
from support.login_help import deciding, watching
from support.models import Case, Correction, LoginHelpRequest, Trigger
from support.personal_data import CORRECTIONS, LOGIN_HELP_HISTORY

BATCH = 100


@shared_task
def purge_support() -> int:
    """Destroy what is due; returns how many cases."""
    due = Case.objects.due(timezone.now())[:BATCH]
    return sum(bool(begin(case, Trigger.SCHEDULE)) for case in due)


@shared_task
def purge_proofs() -> int:
    """Destroy proofs of purchase that serve nothing any more; returns how many."""
    return deciding.purge(timezone.now())


@shared_task
def purge_log_in_help_requests() -> int:
    """Delete requests for help with the log-in past their retention; returns how many."""
    return LoginHelpRequest.objects.filter(asked_at__lt=LOGIN_HELP_HISTORY.oldest(timezone.now())).delete()[0]


@shared_task
def purge_corrections() -> int:
    """Delete what is noted of corrections past its retention; returns how many."""
    return Correction.objects.filter(corrected_at__lt=CORRECTIONS.oldest(timezone.now())).delete()[0]


@shared_task
def watch_log_in_help() -> int:
    """Look for orders that are claimed from many addresses; returns how many signs are new or have newer evidence."""
    return watching.watch()
