"""`manage.py work`: the embedded worker, for an installation without a broker."""

import logging
import signal
import time
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.db import close_old_connections
from django.utils.module_loading import import_string

from infacta.away import part_away, say
from infacta.commands import DONE, WRONG, SiteCommand
from infacta.schedule import FAILED, PASSED, SWEEPS, Sweep
from infacta.starting import demand_all

log = logging.getLogger(__name__)


class Command(SiteCommand):
    help = (
        "Run every sweep of infacta/schedule.py when it is due, in this one process, until it is told to stop (Ctrl-C or SIGTERM); the sweep under way "
        "is finished first. It is the worker of an installation without Celery and Redis, and the spare wheel while Redis is away for long. A sweep that "
        "fails is logged, and has its turn again. Several may run, beside Celery too."
    )
    examples = ("", "--once", "--dry-run  # which sweeps there are, and how often each runs")
    statuses = {
        DONE: "it was told to stop, or with --once every sweep had its turn",
        WRONG: "a backup was restored: destructions or erasures must be replayed first",
    }
    subject = "Setting up and running the site"
    changes = "whatever is due"
    run_by = "a service, or make run"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "run no sweep, and tell which there are and how often each runs")
        parser.add_argument("--once", action="store_true", help="run every sweep once, and end")

    def handle(self, *args: Any, once: bool, dry_run: bool, **options: Any) -> None:
        if dry_run:
            for sweep in SWEEPS:
                self.say(f"{sweep.task}: {'once' if once else f'every {sweep.every}'}")
            return
        try:
            demand_all()
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=WRONG) from error
        self.stopping = False
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, self.stop)
        self.work(once)

    def work(self, once: bool) -> None:
        due = dict.fromkeys(SWEEPS, 0.0)
        while not self.stopping:
            for sweep in SWEEPS:
                if due[sweep] <= time.monotonic() and not self.stopping:
                    run(sweep)
                    due[sweep] = time.monotonic() + sweep.every.total_seconds()
            if once:
                return
            time.sleep(timedelta(milliseconds=250).total_seconds())

    def stop(self, *args: Any) -> None:
        self.stopping = True


def run(sweep: Sweep) -> None:
    """Run one sweep; whatever goes wrong is logged, and the other sweeps go on."""
    close_old_connections()
    try:
        import_string(sweep.task)()
    except Exception as error:
        if part := part_away(error):
            say(part, error, log)
        else:
            log.exception("The sweep %s failed; it will run again in %s.", sweep.task, sweep.every)
        import_string(FAILED)(sweep.task, type(error).__name__)
    else:
        import_string(PASSED)(sweep.task)
