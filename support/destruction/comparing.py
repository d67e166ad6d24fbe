"""Whether the database and the log of destructions tell the same.

A record is committed before its line is written into the log. So every line up to the highest number that a database knows (`Destruction.logged_as`)
belongs to a record that it has, finished or not; of the lines behind that, those count whose record it does not have.
"""

from collections.abc import Sequence
from itertools import takewhile

from django.db.models import Max

from infacta.batches import batches
from support.destruction import log
from support.destruction.log import Entry
from support.models import Destruction

BATCH = 500


def highest_logged() -> int:
    return Destruction.objects.aggregate(highest=Max("logged_as"))["highest"] or log.NONE


def is_behind(known: int) -> bool:
    """Whether the database lacks a record that the log names: looked for from the end, among the lines behind what it knows."""
    newer = takewhile(lambda entry: entry.sequence > known, log.newest_first())
    return any(unrecorded(some) for some in batches(newer, BATCH))


def unrecorded(entries: Sequence[Entry]) -> list[Entry]:
    """Those of whose destruction the database knows nothing; each once."""
    named = {entry.number: entry for entry in reversed(entries) if entry.number}
    there = set(Destruction.objects.filter(number__in=named).values_list("number", flat=True))
    return [entry for number, entry in named.items() if number not in there]
