"""After a backup of the database was restored: what was destroyed since stands there again, and is destroyed again before the site serves.

A record is committed before its line is written into the log. So every line up to the highest number that a database knows (`Destruction.logged_as`)
belongs to a record that it has, finished or not; of the lines behind that, those count whose record it does not have.
"""

from collections.abc import Sequence
from itertools import takewhile

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction
from django.utils import timezone

from infacta.batches import batches
from support.destruction import log
from support.destruction.finishing import highest_logged
from support.destruction.log import Entry
from support.models import Case, Destruction, DestructionState, Life, Trigger

BATCH = 500
REPLAY = (
    "The database is older than the log of destructions (%s): support cases that were destroyed stand in it again. "
    "Run `manage.py replay_destructions` before the site serves."
)
LOST = (
    "The log of destructions (%s) ends before what the database knows of it. Set DESTRUCTIONS_LOG to the file that all hosts share, or "
    "bring it back from its copy. If it is lost for good: `manage.py replay_destructions --begin-anew`."
)
UNKNOWN = "Whether destructions must be replayed cannot be told, for the database does not answer: %s"


def demand_replayed() -> None:
    """Stop the start while a restored backup holds what was destroyed: ImproperlyConfigured says what to run. Looks at the log's end alone."""
    try:
        if sentence := what_is_wrong():
            raise ImproperlyConfigured(sentence)
    except DatabaseError as error:
        if next(log.newest_first(), None):
            raise ImproperlyConfigured(UNKNOWN % error) from error


def what_is_wrong() -> str:
    """What must be done before the site may serve; "" if nothing. DatabaseError."""
    known, last = highest_logged(), next(log.newest_first(), None)
    if (last.sequence if last else log.NONE) < known:
        return LOST % log.place()
    return REPLAY % log.place() if is_behind(known) else ""


def is_behind(known: int) -> bool:
    """Whether the database lacks a record that the log names: looked for from the end, among the lines behind what it knows."""
    newer = takewhile(lambda entry: entry.sequence > known, log.newest_first())
    return any(unrecorded(some) for some in batches(newer, BATCH))


def unrecorded(entries: Sequence[Entry]) -> list[Entry]:
    """Those of whose destruction the database knows nothing; each once."""
    named = {entry.number: entry for entry in reversed(entries) if entry.number}
    there = set(Destruction.objects.filter(number__in=named).values_list("number", flat=True))
    return [entry for number, entry in named.items() if number not in there]


def replay() -> int:
    """Begin again with whatever the log names and the database does not know; returns how much. The work itself is `working.work_off`."""
    return sum(begin_again(unrecorded(some)) for some in batches(log.oldest_first(), BATCH))


@transaction.atomic
def begin_again(entries: Sequence[Entry]) -> int:
    """The records, with their numbers and times: unfinished where the case is there again, and else for the receipt alone."""
    found = Case.objects.select_for_update(of=("self",)).filter(key_name__in=[entry.key_name for entry in entries])
    cases = {case.key_name: case for case in found.select_related("destruction") if not hasattr(case, "destruction")}
    Case.objects.filter(pk__in=[case.pk for case in cases.values()]).update(life=Life.DESTROYING)
    Destruction.objects.bulk_create(record_of(entry, cases.get(entry.key_name)) for entry in entries)
    return len(entries)


def record_of(entry: Entry, case: Case | None) -> Destruction:
    if case is None:
        return Destruction(state=DestructionState.DESTROYED, logged_as=entry.sequence, **entry.told)
    told = entry.told | {"trigger": Trigger.REPLAY, "destroyed_at": None, "backups_clear_on": None}
    return Destruction(case=case, logged_as=entry.sequence, originally_at=entry.destroyed_at, next_try_at=timezone.now(), **told)
