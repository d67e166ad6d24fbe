"""Sweeps leave a trace: infacta/celery.py and `manage.py work` tell of each that was through, or broke."""

import logging
import time

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from infacta.schedule import SWEEPS
from privacy.models import SweepRun
from privacy.models.sweep_run import NOTED_EVERY

log = logging.getLogger(__name__)
NAMES = frozenset(sweep.task for sweep in SWEEPS)
noted: dict[str, float] = {}
"""When this process wrote of a sweep last, by a clock that only goes forward: sweeps that run every two seconds must not write as often."""


def passed(task: str) -> None:
    """The sweep was through. Nothing that goes wrong here may stop the work."""
    if task not in NAMES or time.monotonic() - noted.get(task, float("-inf")) < NOTED_EVERY.total_seconds():
        return
    try:
        SweepRun.objects.passed(task, timezone.now())
        noted[task] = time.monotonic()
    except (DatabaseError, InterfaceError) as error:
        log.warning("Nobody could note that %s was through: %s", task, type(error).__name__)


def failed(task: str, problem: str) -> None:
    """The sweep broke, with an error of this name."""
    if task not in NAMES:
        return
    try:
        SweepRun.objects.failed(task, timezone.now(), problem)
    except (DatabaseError, InterfaceError) as error:
        log.warning("Nobody could note that %s failed: %s", task, type(error).__name__)
