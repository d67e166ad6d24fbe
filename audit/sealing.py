"""Sealing the audit log: batches of events, in a chain that nobody changes unseen without the key."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from itertools import chain, takewhile

from django.db import IntegrityError, transaction

from audit.lines import Row, line_of, rows
from audit.models import Seal
from audit.models.seal import GENESIS

BATCH = 1_000  # events that a seal covers at most


def seal_up_to(settled: int) -> int:
    """Seal every event up to that id which is not sealed yet; returns how many seals were made.

    Of two who seal at once, one makes the next seal, for its number is unique; the other leaves the rest to them.
    """
    made = 0
    while batch := next_batch(head := last_seal(), settled):
        try:
            append(head, batch)
        except IntegrityError:
            break
        made += 1
    return made


def last_seal() -> Seal | None:
    return Seal.objects.order_by("-number").first()


def next_batch(head: Seal | None, settled: int) -> list[Row]:
    """The next events after that seal: `BATCH` at most, and all of one calendar month (UTC)."""
    found = list(chain.from_iterable(rows("id > %s AND id <= %s", head.last_id if head else 0, settled, most=BATCH)))
    return list(takewhile(lambda row: row[1][:7] == found[0][1][:7], found))


@transaction.atomic
def append(head: Seal | None, batch: list[Row]) -> Seal:
    """Seal the batch after that seal; IntegrityError if somebody else has made the next one meanwhile."""
    times = [datetime.fromisoformat(row[1]) for row in batch]
    salt, address_salt = secrets.token_hex(32), secrets.token_hex(32)
    seal = Seal(
        number=head.number + 1 if head else 1,
        first_id=batch[0][0],
        last_id=batch[-1][0],
        count=len(batch),
        first_at=min(times),
        last_at=max(times),
        digest=digest(salt, map(line_of, batch)),
        address_digest=digest(address_salt, (row[5] or "" for row in batch)),
        salt=salt,
        address_salt=address_salt,
    )
    seal.hash = seal.hash_after(head.hash if head else GENESIS)
    seal.save()
    return seal


def digest(salt: str, lines: Iterable[str]) -> str:
    """SHA-256 over the salt and the lines, each ended by a line feed."""
    return sha256("".join(f"{line}\n" for line in chain([salt], lines)).encode()).hexdigest()
