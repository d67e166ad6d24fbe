"""Destroying many rows, in batches: no statement is long, and whoever has used up the time that the walk gives lets others have their turn."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import QuerySet

BATCH = 5_000
deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def limited_to(seconds: float | None) -> Iterator[None]:
    """What is destroyed in here ends early when so many seconds are over; the rest is left to the next turn."""
    token = deadline.set(None if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        deadline.reset(token)


def is_time_left() -> bool:
    until = deadline.get()
    return until is None or time.monotonic() < until


def in_batches(rows: QuerySet[Any], destroy: Callable[[Any], int], size: int | None = None) -> int:
    """Give `destroy` a batch of the rows at a time, until none is left, it destroys nothing more, or the time is over. Returns how many it destroyed.

    A batch is still asked whether it is due: what was touched meanwhile, and is not, is not in it.
    """
    done = 0
    while is_time_left() and (numbers := list(rows.order_by().values_list("pk", flat=True)[: size or BATCH])):
        gone = destroy(rows.filter(pk__in=numbers))
        if not gone:
            break
        done += gone
    return done


def delete(rows: QuerySet[Any], size: int | None = None) -> int:
    """Delete the rows, and what belongs to them; returns how many rows went."""
    return in_batches(rows, lambda batch: batch.order_by().delete()[0], size)
