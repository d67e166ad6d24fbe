"""Which cookies the gate stopped, and how often: counted in this process, and written down once a minute at most."""

import logging
import time
from threading import Lock

from django.db import DatabaseError, InterfaceError

from privacy.areas import Area
from privacy.models import RefusedCookie

log = logging.getLogger(__name__)
WRITTEN_EVERY = 60.0  # seconds
MOST = 100
"""Of so many cookies at once it is counted: a name that is made up anew each time must not fill the memory, nor the table."""
lock = Lock()
counted: dict[tuple[str, str], int] = {}
written: dict[tuple[str, str], float] = {}


def note(area: Area, name: str) -> None:
    """Count one. The visitor gets the page whatever becomes of it."""
    key, now = (area.slug, name[:100]), time.monotonic()
    with lock:
        if key not in counted and len(counted) >= MOST:
            return
        counted[key] = counted.get(key, 0) + 1
        if now - written.get(key, float("-inf")) < WRITTEN_EVERY:
            return
        times, counted[key], written[key] = counted[key], 0, now
    try:
        RefusedCookie.objects.count_in(*key, times)
    except (DatabaseError, InterfaceError) as error:
        log.warning("Nobody could note that a cookie was stripped: %s", type(error).__name__)
        with lock:
            counted[key] += times
