"""Making the codes of a batch, in the background, piece by piece.

The row of the batch is the truth: a piece of codes and the count of what is made are one transaction under its lock. Whoever is killed half-way
leaves no piece half made, and of two workers one waits for nothing and goes on with another batch.
"""

import time
from collections.abc import Iterable
from io import StringIO

from django.db import IntegrityError, connection, transaction

from promotions import code_format
from promotions.models import BatchState, CodeBatch, PromoCode

PATIENCE = 5.0  # seconds: the embedded worker has mails to send in between
BATCHES_AT_ONCE = 20
TRIES = 3
COPIED, INSERTED = 20_000, 5_000  # codes a piece; SQLite lets nobody else write meanwhile


def make_due(seconds: float = PATIENCE) -> int:
    """Make codes of all batches in turn, for so long at most; returns how many. What another worker has in hand is its own."""
    made, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        batches = list(CodeBatch.objects.making().values_list("pk", flat=True)[:BATCHES_AT_ONCE])
        just_made = sum(make_piece(pk) for pk in batches)
        if not just_made:
            break
        made += just_made
    return made


def make_piece(pk: int) -> int:
    """Make the next codes of one batch; returns how many: 0 if all are there, it is stopped, or another worker has it in hand.

    Fifty random bits are drawn twice once in two thousand batches of a million; the piece is then drawn anew.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            return _make_piece(pk)
        except IntegrityError:
            if not tries_left:
                raise
    return 0


@transaction.atomic
def _make_piece(pk: int) -> int:
    locked = CodeBatch.objects.select_for_update(no_key=True, skip_locked=True)
    batch = locked.filter(pk=pk, state=BatchState.MAKING, is_shared=False).first()
    if batch is None:
        return 0
    copies = connection.vendor == "postgresql"
    number = min(batch.size - batch.made, COPIED if copies else INSERTED)
    codes = code_format.new_codes(batch.tag, number)
    copy(batch, codes) if copies else insert(batch, codes)
    batch.made += number
    batch.state = BatchState.READY if batch.made == batch.size else BatchState.MAKING
    batch.save(update_fields=["made", "state"])
    return number


def copy(batch: CodeBatch, codes: Iterable[str]) -> None:
    """By COPY, which is how PostgreSQL takes in many rows; none of the values needs escaping."""
    rows = StringIO("".join([f"{batch.pk}\t{code_format.digest_of(code)}\t{code}\t1\t0\t0\n" for code in codes]))
    table = connection.ops.quote_name(PromoCode._meta.db_table)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f"COPY {table} (batch_id, digest, code, uses, used, held) FROM STDIN", rows)


def insert(batch: CodeBatch, codes: Iterable[str]) -> None:
    PromoCode.objects.bulk_create(PromoCode(batch=batch, digest=code_format.digest_of(code), code=code) for code in codes)
