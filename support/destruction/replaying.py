"""After a backup of the database was restored: what was destroyed since stands there again, and is destroyed again before the site serves."""

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction
from django.utils import timezone

from infacta.batches import batches
from support.destruction import log
from support.destruction.comparing import BATCH, highest_logged, is_behind, unrecorded
from support.destruction.log import Entry
from support.models import Case, Destruction, DestructionState, Life, Trigger

REPLAY = (
    "The database is older than the log of destructions (%s): support cases that were destroyed stand in it again. "
    "Run `manage.py replay_destructions` before the site serves."
)
LOST = (
    "The log of destructions (%s) ends before what the database knows of it. Set DESTRUCTIONS_LOG to the file that all hosts share, or "
    "bring it back from its copy. If it is lost for good: `manage.py replay_destructions --begin-anew`."
)
UNREADABLE = (
    "The log of destructions (%s) cannot be read (%s): whether destructions must be replayed cannot be told. Mend DESTRUCTIONS_LOG."
)
UNKNOWN = "Whether destructions must be replayed cannot be told, for the database does not answer: %s"


def demand_replayed() -> None:
    """Stop the start while a restored backup holds what was destroyed: ImproperlyConfigured says what to run. Looks at the log's end alone."""
    try:
        if sentence := what_is_wrong():
            raise ImproperlyConfigured(sentence)
    except DatabaseError as error:
        if log.is_begun():
            raise ImproperlyConfigured(UNKNOWN % error) from error


def what_is_wrong() -> str:
    """What must be done before the site may serve; "" if nothing. DatabaseError."""
    try:
        known, last = highest_logged(), next(log.newest_first(), None)
        if (last.sequence if last else log.NONE) < known:
            return LOST % log.place()
        return REPLAY % log.place() if is_behind(known) else ""
    except OSError as error:
        return UNREADABLE % (log.place(), error.strerror)


def replay() -> int:
    """Begin again with whatever the log names and the database does not know; returns how much. The work itself is `working.work_off`."""
    return sum(begin_again(unrecorded(some)) for some in batches(log.oldest_first(), BATCH))


def missing() -> int:
    """How many the log names of which the database knows nothing."""
    return len({entry.number for some in batches(log.oldest_first(), BATCH) for entry in unrecorded(some)})


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
