"""Celery: it wakes workers early. What must be done is a row in the database, and the sweeps of schedule.py find it."""

import logging
import logging.config
import os
import time
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import (
    beat_init,
    before_task_publish,
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
    task_success,
    worker_init,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.utils.module_loading import import_string

from infacta import under_way
from infacta.schedule import FAILED, PASSED, SWEEPS
from infacta.starting import demand_all

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infacta.settings")
log = logging.getLogger(__name__)


class WakingTask(DjangoTask):
    """A task that can be asked for without harm when there is no broker, or when the broker is down: `@shared_task(base=WakingTask)`.

    A broker that did not answer is left alone for a while, for its client tries for seconds, and a visitor or a partner waits for it.
    """

    PAUSE = 30  # seconds
    silent_until = 0.0

    def wake(self, *args: Any) -> None:
        """Ask a worker to run this after the commit; the next sweep does it if nobody hears."""
        if settings.CELERY_BROKER_URL:
            transaction.on_commit(lambda: self._ask(*args), robust=True)

    def _ask(self, *args: Any) -> None:
        if time.monotonic() < WakingTask.silent_until:
            return
        try:
            self.delay(*args)
        except self.OperationalError as error:
            WakingTask.silent_until = time.monotonic() + self.PAUSE
            log.warning("The broker did not take %s (%s); the next sweep will find the work.", self.name, error)


app = Celery("infacta")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    sweep.task: {
        "task": sweep.task,
        "schedule": sweep.every,
        # Hosts' clocks differ by seconds: what expires sooner than that would never be run.
        "options": {"expires": max(sweep.every, timedelta(minutes=1)).total_seconds()},
    }
    for sweep in SWEEPS
}


@setup_logging.connect
def log_as_the_site_does(loglevel: int | str | None = None, **options: Any) -> None:
    """Workers and beat write the same lines as the web, with the same left out; `--loglevel` is theirs."""
    logging.config.dictConfig(settings.LOGGING)
    if loglevel:
        logging.getLogger().setLevel(loglevel)


@before_task_publish.connect
def pass_id_on(headers: Any = None, **options: Any) -> None:
    """The lines of a task carry the id of the request that woke it."""
    if isinstance(headers, dict) and (work := under_way.current.get()).id:
        headers["request_id"] = work.id


@task_prerun.connect
def begin_task(task_id: str = "", task: Any = None, **options: Any) -> None:
    """What nobody's request woke has its own number for an id."""
    given = str(getattr(task.request, "request_id", None) or (task.request.headers or {}).get("request_id", ""))
    known = under_way.WELL_FORMED.fullmatch(given)
    under_way.current.set(under_way.Work(given if known else task_id.replace("-", ""), task=task.name))


@task_postrun.connect
def end_task(**options: Any) -> None:
    under_way.current.set(under_way.NOTHING)


@worker_init.connect
@beat_init.connect
def demand_before_work(**options: Any) -> None:
    """Celery goes on if a handler of its signals breaks, but for this exception."""
    try:
        demand_all()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
    finally:
        connections.close_all()  # the processes that it forks must have their own


@task_success.connect
def note_passed(sender: Any = None, **options: Any) -> None:
    """So that a sweep that no worker runs is noticed."""
    import_string(PASSED)(sender.name)


@task_failure.connect
def note_failed(sender: Any = None, exception: Any = None, **options: Any) -> None:
    import_string(FAILED)(sender.name, type(exception).__name__)
