"""Which backups go, and when: receipts of destruction and erasure name the day on which what is gone here is in no backup any more."""

import shutil
from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from operations.backup.made import Made
from operations.backup.making import REMOVING
from operations.backup.problems import Failed, Unusable


def demand_promised(days: int) -> None:
    """Unusable if backups would be kept for longer than receipts say."""
    if not 0 <= days <= settings.SUPPORT_BACKUP_DAYS:
        raise Unusable(
            f"--keep {days}: name a number of days from 0 to {settings.SUPPORT_BACKUP_DAYS}. Receipts of destruction promise that day: whoever "
            "keeps backups for longer sets SUPPORT_BACKUP_DAYS first."
        )


def over(backups: Sequence[Made], days: int, today: date, one_more: bool = False) -> list[Made]:
    """Those that go, of backups with the newest first: by whole days, so that what was destroyed on a day is gone on the day that its receipt names.

    The newest stays, however old it is, unless `one_more` is about to be made.
    """
    last = today - timedelta(days=days)
    return [made for made in backups[0 if one_more else 1 :] if timezone.localdate(made.at) <= last]


def remove(made: Made) -> None:
    """Renamed first, so that a half removed one is no backup. Failed."""
    going = made.path.with_name(f"{REMOVING}{made.path.name}")
    try:
        made.path.rename(going)
        shutil.rmtree(going)
    except OSError as error:
        raise Failed(f"{made.path} is too old and cannot be removed: {error.strerror}.") from error
