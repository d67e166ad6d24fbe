"""How far a sending is, from the announcement's own counters: one query, however many its deliveries are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from announcements.models import Announcement, State
from announcements.models.announcement import UNDER_WAY

LOOK_BACK = timedelta(seconds=60)
SOON = timedelta(seconds=2)  # two looks within so short a time tell no speed


@dataclass(frozen=True)
class Progress:
    """`speed` is in mails a second, over the last minute that somebody watched, else since the beginning; None if there is none to tell."""

    announcement: Announcement
    waiting: int
    speed: float | None
    finished_at: datetime | None

    @property
    def is_moving(self) -> bool:
        """Whether it is worth looking again soon."""
        return self.announcement.state in (*UNDER_WAY, State.SCHEDULED, State.PAUSED)

    def in_words(self) -> dict[str, Any]:
        """For the script on the page: numbers, and what is written beside them."""
        one = self.announcement
        return {
            "state": one.state,
            "state_words": str(one.get_state_display()),
            "moving": self.is_moving,
            "total": one.total,
            "done": one.done,
            "sent": one.sent,
            "failed": one.failed,
            "skipped": one.skipped,
            "unknown": one.unknown,
            "waiting": self.waiting,
            "speed": self.speed_in_words,
            "finish": self.finish_in_words,
        }

    @property
    def speed_in_words(self) -> str:
        return (
            "–"
            if self.speed is None
            else _("%(number)s mails a second") % {"number": f"{self.speed:,.1f}" if self.speed < 10 else f"{self.speed:,.0f}"}
        )

    @property
    def finish_in_words(self) -> str:
        return date_format(timezone.localtime(self.finished_at), "DATETIME_FORMAT") if self.finished_at else "–"


def progress_of(announcement: Announcement, now: datetime) -> Progress:
    waiting = max(0, announcement.total - announcement.done)
    speed = speed_of(announcement, now) if announcement.state == State.SENDING else None
    finish = now + timedelta(seconds=waiting / speed) if speed and waiting / speed < timedelta(days=365).total_seconds() else None
    return Progress(announcement, waiting, speed, finish)


def speed_of(announcement: Announcement, now: datetime) -> float | None:
    """By what was done between the first and the last look of the last minute: kept in memory, for it costs nothing to lose it."""
    key = f"announcement-looks:{announcement.pk}"
    looks = [(at, done) for at, done in cache.get(key, []) if now - LOOK_BACK <= at <= now - SOON]
    cache.set(key, [*looks, (now, announcement.done)], LOOK_BACK.seconds * 2)
    begun = (announcement.began_at, 0) if announcement.began_at else None
    since, done = looks[0] if looks else begun or (now, 0)
    seconds = (now - since).total_seconds()
    return (announcement.done - done) / seconds if seconds > 0 else None
