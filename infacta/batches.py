"""Many things, so many at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` of them, the last one shorter; each is made when it is asked for."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
