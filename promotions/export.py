"""Codes as a table for the partner, and their end where digests alone are kept.

"Exported once" must survive a download that breaks off: codes that were destroyed when the answer began would be lost with it. So the first export
begins an hour in which the file can be fetched again. The codes are destroyed as soon as staff say that they have the file, or two hours after
the first export: whatever began within the hour has another one to end. From then on nobody reads them here, and they still open a registration.
"""

import time
from collections.abc import Iterator

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from audit.kinds import Kind
from audit.log import record
from infacta.spreadsheets import lines_of_table
from promotions import code_format
from promotions.models import CodeBatch, PromoCode
from promotions.personal_data import CODES_IN_CLEAR

HEADER = ("code", "batch", "label", "state")
ROWS_AT_ONCE = 5_000
PATIENCE = 10.0  # seconds: the embedded worker has mails to send in between


class CodesGone(Exception):
    """The codes are destroyed while they are being read: the file ends here, and the browser says that it is not whole."""


@transaction.atomic
def begin(batch: CodeBatch, request: HttpRequest) -> bool:
    """Whether the codes may be read now; the first time the hour begins. It is recorded before the first code leaves."""
    locked = CodeBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    now = timezone.now()
    if not locked.may_be_exported(now):
        return False
    if locked.exported_at is None:
        locked.exported_at = now
        locked.clear_until = now + CODES_IN_CLEAR if locked.keeps_digests_alone else None
        locked.save(update_fields=["exported_at", "clear_until"])
    record(Kind.CODE_BATCH_EXPORTED, actor=request.user, request=request, batch=batch.pk, count=locked.made)
    return True


def lines_of(batch: CodeBatch) -> Iterator[str]:
    """The lines of the table; memory does not grow with their number. CodesGone if they are destroyed meanwhile."""
    return lines_of_table(HEADER, rows_of(batch))


def rows_of(batch: CodeBatch) -> Iterator[tuple[str, ...]]:
    last = 0
    codes = batch.codes.order_by("pk").values_list("pk", "code", "used", "held")
    while piece := list(codes.filter(pk__gt=last)[:ROWS_AT_ONCE]):
        for _pk, code, used, held in piece:
            if not code:
                raise CodesGone(str(batch.pk))
            yield code_format.shown(code), batch.tag, batch.label, "used" if used else "waits" if held else "free"
        last = piece[-1][0]


def confirm_received(batch: CodeBatch, request: HttpRequest) -> bool:
    """Staff have the file: nothing is read any more, and the codes are destroyed. False if there is nothing to destroy (any more)."""
    with transaction.atomic():
        CodeBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        now = timezone.now()  # with the row in hand: whoever looked at the clock before somebody else confirmed would do it once more
        readable = CodeBatch.objects.filter(pk=batch.pk, clear_until__gt=now, destroyed_at=None)
        confirmed = bool(readable.update(clear_until=now))
        if confirmed:
            record(Kind.CODE_BATCH_DESTROYED, actor=request.user, request=request, batch=batch.pk)
    return confirmed


def destroy_due(seconds: float = PATIENCE) -> int:
    """Destroy codes whose time is over, for so long at most; returns how many. The next sweep goes on where this one ended."""
    end = time.monotonic() + seconds
    return sum(destroy(batch, end) for batch in CodeBatch.objects.to_destroy(timezone.now()))


def destroy(batch: CodeBatch, end: float) -> int:
    """Destroy codes of the batch until the moment `end`, and if none is left say so; returns how many.

    In short transactions, for a code that is being redeemed waits for them.
    """
    destroyed = last = 0
    while time.monotonic() < end:
        left = batch.codes.filter(pk__gt=last, code__gt="").order_by("pk")
        if not (piece := list(left.values_list("pk", flat=True)[:ROWS_AT_ONCE])):
            CodeBatch.objects.filter(pk=batch.pk, destroyed_at=None).update(destroyed_at=timezone.now())
            break
        destroyed += PromoCode.objects.filter(pk__in=piece).update(code="")
        last = piece[-1]
    return destroyed
