"""The parts that are asked: database, broker and disk. Each has limits of its own, so that nothing hangs on in a thread."""

import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, ClassVar

import redis
from django.conf import settings
from django.db import Error, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable

from infacta.celery import app
from infacta.patience import within
from privacy.models import SweepRun

SECONDS = 1
MEGABYTE = 1_000_000


@dataclass
class Database(HealthCheck):
    """Answers a query on a connection of its own, and tells what is judged besides: which migrations are applied, and when sweeps were through."""

    timeout: ClassVar[timedelta] = timedelta(seconds=SECONDS)  # the library adds a second
    applied: set[tuple[str, str]] | None = field(default=None, repr=False)
    runs: list[SweepRun] | None = field(default=None, repr=False)

    def run(self) -> None:
        connection = connections["default"]  # of this thread
        connection.settings_dict = impatient(connection.settings_dict, connection.vendor)
        try:
            with within(SECONDS):
                self.applied = set(MigrationRecorder(connection).applied_migrations())
                if expected() <= self.applied:
                    self.runs = list(SweepRun.objects.all())
        except Error as error:
            raise ServiceUnavailable(type(error).__name__) from None
        finally:
            connection.close()


@lru_cache
def expected() -> frozenset[tuple[str, str]]:
    """The migrations that this program brings along. To read them takes a moment, once in a process."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def impatient(values: dict[str, Any], vendor: str) -> dict[str, Any]:
    """The connection's settings, with limits: libpq knows none shorter than two seconds for connecting, and the thread is left alone before that."""
    limits = {"connect_timeout": 2, "tcp_user_timeout": 2000} if vendor == "postgresql" else {"timeout": SECONDS}
    return values | {"OPTIONS": values["OPTIONS"] | limits, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}


@dataclass
class Broker(HealthCheck):
    """Redis answers; `waiting` is how many messages no worker has taken yet."""

    timeout: ClassVar[timedelta] = timedelta(seconds=SECONDS)
    waiting: int | None = field(default=None, repr=False)

    @property
    def is_used(self) -> bool:
        return bool(settings.CELERY_BROKER_URL)

    def run(self) -> None:
        if not self.is_used:
            return
        queue = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] + app.conf.task_default_queue
        client = redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=None)
        try:
            self.waiting = int(client.llen(queue))
        except (redis.RedisError, OSError) as error:
            raise ServiceUnavailable(type(error).__name__) from None
        finally:
            client.close()


@dataclass
class Disk(HealthCheck):
    """There is room in DATA_DIR, which a network may carry."""

    timeout: ClassVar[timedelta] = timedelta(seconds=SECONDS)

    def run(self) -> None:
        try:
            free = shutil.disk_usage(settings.DATA_DIR).free // MEGABYTE
        except OSError as error:
            raise ServiceUnavailable(type(error).__name__) from None
        if free < settings.DISK_LEAST_MB:
            raise ServiceUnavailable(f"{free} MB are free in DATA_DIR, and {settings.DISK_LEAST_MB} are needed")
