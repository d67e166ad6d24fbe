"""Whatever is kept for a time is destroyed by something, or an event is named that ends it."""

from typing import Any

from celery import Task
from django.core import checks
from django.utils.module_loading import import_string

from privacy.registry import Retention, registry


@checks.register
def every_retention_is_enforced(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each retention has a limit and a task that enforces it, or names the event that ends it (privacy.E005)."""
    return [
        checks.Error(
            f"The retention {retention.slug!r} is promised, but nothing enforces it.",
            hint=(
                "Give it longest=… and destroyer='app.tasks.name', a Celery task, which the walk of infacta/schedule.py "
                "(privacy.tasks.execute_retention) calls with the others; or ended_by='the event that ends it'."
            ),
            id="privacy.E005",
        )
        for retention in registry.retentions()
        if not _enforced(retention)
    ]


def _enforced(retention: Retention) -> bool:
    return bool(retention.ended_by) != bool(retention.longest and is_a_task(retention.destroyer))


def is_a_task(name: str) -> bool:
    try:
        return isinstance(import_string(name), Task)
    except ImportError:
        return False
