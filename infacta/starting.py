"""What must be true before the site serves or works, besides what system checks look at: they ask no database."""

import logging
import threading

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from infacta.away import part_away, say

DEMANDS = ("support.destruction.replaying.demand_replayed", "rights.erasure.replaying.demand_replayed")
"""Functions, named in strings as the schedule names tasks; each raises ImproperlyConfigured with a sentence that says what to do."""

log = logging.getLogger(__name__)
owed = threading.Event()
"""Set while this process stands ready to serve, but the database was away when it was to be asked."""


def demand_all() -> None:
    """To be called by whatever serves or works, and not by commands that mend what is wrong."""
    for name in DEMANDS:
        import_string(name)()


def demand_all_or_owe() -> None:
    """For the web server: while the database is away it starts all the same, and serves nobody until `pay` went through.

    A process of gunicorn's that cannot start takes all the others with it, and with them whatever needs no database.
    """
    try:
        demand_all()
    except ImproperlyConfigured as error:
        if not part_away(error):
            raise
        owed.set()
        say(part_away(error), error, log)


def pay() -> None:
    """What is owed is asked now; the same exceptions as `demand_all`, and nothing is served on them."""
    if owed.is_set():
        demand_all()
        owed.clear()
