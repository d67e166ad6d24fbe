"""Beginning a destruction: from that moment nobody reads or writes in the case any more.

What the record tells is counted now, and the address of the receipt is put aside, for the key goes first.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.crypto import salted_hmac

from infacta.sealed_text import sealed
from support.cases.writing import locked
from support.destruction.due import due, moments
from support.models import Case, CaseFile, CaseHold, CaseMessage, Destruction, Life, Trigger
from support.models.case import NOTHING


class Held(Exception):
    """A suspicion of fraud keeps the case: it is destroyed when the hold has ended."""


@transaction.atomic
def begin(case: Case, trigger: Trigger) -> Destruction:
    """The record, with which the work itself is due at once (support.tasks.purge_support). Raises Gone if it had begun, and Held."""
    taken, now = locked(case), timezone.now()
    if CaseHold.objects.in_force(now).filter(case=taken).exists():
        raise Held
    return begin_all([taken], trigger, now)[0]


@transaction.atomic
def begin_due(limit: int) -> int:
    """Begin with up to `limit` cases whose day has come; returns with how many. Several workers share them.

    A hold is placed under the row's lock, so it is looked for once more when the lock is ours.
    """
    now = timezone.now()
    chosen = due(now).order_by("destroy_at", "pk")
    if connection.features.has_select_for_update_skip_locked:
        chosen = chosen.select_for_update(skip_locked=True, of=("self",))
    cases = list(chosen[:limit])
    kept = set(CaseHold.objects.in_force(now).filter(case__in=cases).values_list("case_id", flat=True))
    return len(begin_all([case for case in cases if case.pk not in kept], Trigger.SCHEDULE, now))


def begin_all(cases: Sequence[Case], trigger: Trigger, now: datetime) -> list[Destruction]:
    """For cases whose rows are locked."""
    numbers, since = [case.pk for case in cases], moments(cases, now)
    records = {case.pk: Destruction(case=case, trigger=trigger, due_at=since[case.pk], begun_at=now, next_try_at=now) for case in cases}
    count(records)
    for case in cases:
        # The receipt of an erasure is the last mail that goes to the person, and speaks of all of it.
        records[case.pk].sealed_address = "" if trigger == Trigger.ERASURE else address_for(case)
    Case.objects.filter(pk__in=numbers).update(life=Life.DESTROYING)
    return Destruction.objects.bulk_create(records.values())


def count(records: dict[int, Destruction]) -> None:
    """Fill in how much there is, and the digest that stands for the files; by the numbers of the cases."""
    messages = CaseMessage.objects.filter(case__in=list(records)).order_by().values_list("case_id").annotate(Count("pk"))
    written = Counter(dict(messages))
    files: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for case, digest, size in CaseFile.objects.filter(case__in=list(records)).order_by().values_list("case_id", "sha256", "size"):
        files[case].append((digest, size))
    for case, record in records.items():
        record.messages, record.files = written[case], len(files[case])
        record.bytes = sum(size for _digest, size in files[case])
        record.manifest_digest = digest_of(files[case])


def digest_of(files: Iterable[tuple[str, int]]) -> str:
    """Stands for the files, by their digests and sizes, in whatever order; keyed, so that nobody learns by trying what they were."""
    manifest = "".join(f"{digest} {size}\n" for digest, size in sorted(files))
    return salted_hmac("support.manifest", manifest, algorithm="sha256").hexdigest()


def address_for(case: Case) -> str:
    """Where the receipt goes, and its language: sealed, for it stands in the record until the receipt is written. "" if nobody can tell."""
    try:
        details = case.details
    except (OSError, ValueError, TypeError):  # what is damaged is destroyed all the same
        details = NOTHING
    return sealed(json.dumps({"to": details.email, "language": details.language})) if details.email else ""
