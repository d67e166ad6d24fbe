"""The tests' database, for other processes."""

from django.db import connection


def address_of(database: str) -> str:
    """A DATABASE_URL: this database of the tests' own server, or a file of SQLite's."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database}"
    return f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT'] or 5432}/{database}"


def database_address() -> str:
    """That of the test itself."""
    return address_of(str(connection.settings_dict["NAME"]))
