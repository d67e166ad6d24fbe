"""What this installation knows of the promise that backups forget too (G8)."""

import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from operations.backup.made import newest_first
from privacy.promise_checks import Outcome, checks


@checks("G8")
def backups_forget_in_time() -> tuple[Outcome, str]:
    """Receipts name a day on which what was destroyed is in no backup any more. Of copies on other hosts nobody here knows."""
    days = settings.SUPPORT_BACKUP_DAYS
    if not settings.BACKUP_DIR:
        return Outcome.UNKNOWN, f"BACKUP_DIR is not set: whether backups are gone after {days} days cannot be told"
    if not os.access(settings.BACKUP_DIR, os.R_OK | os.X_OK):
        return Outcome.UNKNOWN, f"the folder of backups ({settings.BACKUP_DIR}) is not there, or cannot be read"
    backups = newest_first(Path(settings.BACKUP_DIR))
    last = timezone.localdate() - timedelta(days=days)
    if late := [made.path.name for made in backups if timezone.localdate(made.at) < last]:
        return (
            Outcome.BROKEN,
            f"{len(late)} of {len(backups)} backups are older than the {days} days that receipts name: {', '.join(late[:5])}",
        )
    return Outcome.KEPT, f"none of {len(backups)} backups is older than {days} days"
