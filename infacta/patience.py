"""Questions to the database that nobody waits for without end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """A transaction in which PostgreSQL gives up each statement that takes longer, with an OperationalError.

    SQLite has no such limit, and no transaction is begun there: it would keep everybody else from writing.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)", [f"{seconds}s"])
        before = cursor.fetchone()[0]  # of whoever is patient around this
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
