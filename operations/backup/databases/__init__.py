"""Dumping the database and bringing it back: PostgreSQL by its own programs, SQLite by its online backup."""

from django.db import connection

from operations.backup.databases.kind import Database
from operations.backup.databases.postgresql import PostgreSQL
from operations.backup.databases.sqlite import SQLite

__all__ = ["Database", "database_of_the_site", "dump_file_of"]

KINDS: tuple[type[PostgreSQL] | type[SQLite], ...] = (PostgreSQL, SQLite)


def database_of_the_site() -> Database:
    return next(kind() for kind in KINDS if kind.engine == connection.vendor)


def dump_file_of(engine: str) -> str:
    """What the dump is called in a backup of such a database; "" for one that nobody knows."""
    return next((kind.file for kind in KINDS if kind.engine == engine), "")
