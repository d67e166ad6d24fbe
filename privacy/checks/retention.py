"""Whatever is kept for a time is destroyed by something, or an event is named that ends it."""

from typing import Any

from django.core import checks

from infacta.schedule import SWEEPS
from privacy.registry import Retention, registry


@checks.register
def every_retention_is_enforced(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each retention has a limit and a scheduled task that enforces it, or names the event that ends it (privacy.E005)."""
    return [
        checks.Error(
            f"The retention {retention.slug!r} is promised, but nothing enforces it.",
            hint="Give it longest=… and destroyer='app.tasks.name' with a sweep in infacta/schedule.py, or ended_by='the event that ends it'.",
            id="privacy.E005",
        )
        for retention in registry.retentions()
        if not _enforced(retention)
    ]


def _enforced(retention: Retention) -> bool:
    scheduled = retention.destroyer in {sweep.task for sweep in SWEEPS}
    return bool(retention.ended_by) != bool(retention.longest and scheduled)
