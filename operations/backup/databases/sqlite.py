"""SQLite by its online backup, which copies one state of the database while others read and write."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from operations.backup.databases.kind import Dump, Query, Table, in_pieces
from operations.backup.problems import Failed, Unusable

PIECE = 1024 * 1024
PATIENCE = 60
"""Seconds that a restore waits for whoever writes."""


class SQLite:
    engine, file = "sqlite", "database.sqlite3"

    def demand_programs(self) -> None:
        """Python brings all of it."""

    def name(self) -> str:
        return Path(connection.settings_dict["NAME"]).name

    def server(self) -> str:
        return sqlite3.sqlite_version

    def size(self) -> int:
        pages, size = (self.query(f"PRAGMA {what}")[0][0] for what in ("page_count", "page_size"))
        return int(pages * size)

    @contextmanager
    def dumping(self, scratch: Path) -> Iterator[Dump]:
        """The copy is made first, beside the backup, and then read as any file."""
        copy = scratch / ".copy.sqlite3"
        copy.touch(mode=0o600)
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=PATIENCE)) as live, closing(sqlite3.connect(copy)) as made:
            live.backup(made)
            made.execute("PRAGMA journal_mode=DELETE")  # one file, and no second one beside it
            yield Dump(in_pieces(copy, PIECE), lambda sql: made.execute(sql).fetchall())
        copy.unlink()

    def tables(self, query: Query) -> list[Table]:
        return [name for (name,) in query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]

    def demand_whole(self, dump: Path) -> None:
        try:
            with closing(sqlite3.connect(f"{dump.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
                (found,) = opened.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            raise Unusable(f"SQLite cannot read {dump}: {error}.") from error
        if found != "ok":
            raise Unusable(f"SQLite finds {dump} damaged: {found}.")

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def others(self) -> list[str]:
        """Leaving the write-ahead log needs the database for oneself alone: whoever has it open is in the way. Who has not at the moment is not found."""
        connection.close()
        if not os.path.exists(connection.settings_dict["NAME"]):
            return []
        try:
            with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=1)) as alone:
                alone.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            return ["another process of this host"]
        return []

    def restore(self, dump: Path) -> None:
        """SQLite writes all pages in one transaction, and waits for whoever writes."""
        connection.close()
        source = f"{dump.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with (
                closing(sqlite3.connect(source, uri=True)) as made,
                closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=PATIENCE)) as live,
            ):
                made.backup(live)
                live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise Failed(f"The database could not be restored, and is as it was: {error}.") from error
