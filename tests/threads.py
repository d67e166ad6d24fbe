"""Many at once, on a database that really works at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(work: Callable[[Any], Any], subjects: Iterable[Any]) -> list[Any]:
    """Do the work on all subjects at the same moment, each in a thread with a connection of its own."""
    subjects = list(subjects)
    start = Barrier(len(subjects))

    def one(subject: Any) -> Any:
        try:
            start.wait(10)
            return work(subject)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(subjects)) as threads:
        return list(threads.map(one, subjects))
