"""After a backup of the database was restored: who was erased since stands there again, and is erased again before the site serves.

What the log knows of a person are digests, so every address that stands anywhere in the database is digested and compared, once for all lines.
"""

import logging
from collections.abc import Iterator
from itertools import takewhile

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import CharField, Max
from django.utils import timezone

from accounts.addresses import address_key
from accounts.models import User
from infacta.batches import batches
from privacy.erasing import NotYet
from privacy.subjects import DataSubject
from rights.erasure import log
from rights.erasure.beginning import begun
from rights.erasure.log import Entry
from rights.erasure.planning import about_people
from rights.models import Erasure, Kind, State, SubjectRequest

logger = logging.getLogger(__name__)

BATCH = 500
ADDRESS_FIELDS = ("email", "old_email", "new_email", "to", "sender")
REPLAY = (
    "The database is older than the log of erasures (%s): people who were erased stand in it again. "
    "Run `manage.py replay_erasures` before the site serves."
)
LOST = (
    "The log of erasures (%s) ends before what the database knows of it. Set ERASURES_LOG to the file that all hosts share, or bring it back from "
    "its copy. If it is lost for good: `manage.py replay_erasures --begin-anew`."
)
UNREADABLE = "The log of erasures (%s) cannot be read (%s): whether erasures must be replayed cannot be told. Mend ERASURES_LOG."
UNKNOWN = "Whether erasures must be replayed cannot be told, for the database does not answer: %s"


def demand_replayed() -> None:
    """Stop the start while a restored backup holds somebody who was erased: ImproperlyConfigured says what to run. Looks at the log's end alone."""
    try:
        if sentence := what_is_wrong():
            raise ImproperlyConfigured(sentence)
    except DatabaseError as error:
        if log.is_begun():
            raise ImproperlyConfigured(UNKNOWN % error) from error


def what_is_wrong() -> str:
    """What must be done before the site may serve; "" if nothing. DatabaseError."""
    try:
        known = highest_logged()
        if log.reached() < known:
            return LOST % log.place()
        return REPLAY % log.place() if is_behind(known) else ""
    except OSError as error:
        return UNREADABLE % (log.place(), error.strerror)


def highest_logged() -> int:
    return Erasure.objects.aggregate(highest=Max("logged_as"))["highest"] or log.NONE


def is_behind(known: int, but: str = "") -> bool:
    """Whether the database lacks an erasure that the log names, among the lines behind what it knows.

    `but` is one that is just begun: where its line is there already, its commit had failed after the line was written.
    """
    newer = takewhile(lambda entry: entry.sequence > known, log.newest_first())
    return any(entry.number != but for some in batches(newer, BATCH) for entry in unrecorded(some))


def unrecorded(entries: list[Entry]) -> list[Entry]:
    """Those of which the database knows nothing; each once."""
    named = {entry.number: entry for entry in entries if entry.number}
    there = set(Erasure.objects.filter(number__in=named).values_list("number", flat=True))
    return [entry for number, entry in named.items() if number not in there]


def replay() -> int:
    """Begin again with whatever the log names and the database does not know; returns how much. The work itself is `working.work_off`."""
    entries = missing()
    found = addresses_behind({digest for entry in entries for digest in entry.digests}) if entries else {}
    return sum(begin_again(entry, [found[digest] for digest in entry.digests if digest in found]) for entry in entries)


def missing() -> list[Entry]:
    """What the log names and the database does not know."""
    return [entry for some in batches(log.oldest_first(), BATCH) for entry in unrecorded(some)]


def addresses_behind(digests: set[str]) -> dict[str, str]:
    """Which addresses in the database these digests stand for."""
    found: dict[str, str] = {}
    for address in addresses_in_database():
        for secret in log.secrets():
            for digest in set(log.digests_of([address], secret)) & digests:
                found[digest] = address
    return found


def addresses_in_database() -> Iterator[str]:
    """Every address that stands in a column of its own, in whatever model is declared to hold any; each once a column."""
    for declared in about_people():
        model = apps.get_model(declared.model)
        for field in model._meta.concrete_fields:
            if field.name in ADDRESS_FIELDS and isinstance(field, CharField):
                rows = model._base_manager.exclude(**{field.name: ""}).order_by().values_list(field.name, flat=True).distinct()
                yield from (str(address) for address in rows.iterator(2000))


@transaction.atomic
def begin_again(entry: Entry, addresses: list[str]) -> int:
    """The request and its erasure, with their numbers and times; 1, or 0 if somebody else did it. An account is only taken for the one that was meant
    if its address is: in another database the number may be another's.
    """
    keys = {address_key(address) for address in addresses}
    user = User.objects.filter(pk=entry.account, erased_at=None).first() if entry.account else None
    if user is not None and user.email_key not in keys:
        user = None
    now = timezone.now()
    facts = {"kind": Kind.ERASURE, "state": State.WORKING, "asked_at": entry.asked_at, "begins_at": now, "lease_until": now}
    if user is not None:
        SubjectRequest.objects.filter(user=user, kind=Kind.ERASURE, state__in=[State.UNPROVED, State.WAITING]).update(
            state=State.CANCELLED, ended_at=now, email=""
        )
    try:
        with transaction.atomic():
            request = SubjectRequest.objects.update_or_create(number=entry.number, defaults=facts | {"user": user})[0]
            person = DataSubject(user.pk if user else None, tuple(dict.fromkeys([*addresses, *keys])))
            begun(request, person, "", "", originally_at=entry.closed_at, logged_as=entry.sequence, receipt=entry.receipt)
    except (IntegrityError, NotYet) as error:
        logger.error(
            "The erasure %s of the log was not begun again: %s.",
            entry.number,
            error if isinstance(error, NotYet) else "it is begun already",
        )
        return 0
    return 1
