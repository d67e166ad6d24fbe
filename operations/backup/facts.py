"""What can be told of a database, by questions that every version of the site's tables can be asked."""

import subprocess
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.utils.crypto import constant_time_compare, salted_hmac

from operations.backup.databases.kind import Query, Table

SALT = "operations.backup"


def rows_in(tables: Iterable[Table], query: Query, tell: Callable[[str], None]) -> dict[Table, int]:
    """How many rows each table has."""
    counted = {}
    for table in tables:
        tell(table)
        counted[table] = int(query(f'SELECT count(*) FROM "{table}"')[0][0])  # noqa: S608 (the database's own names)
    return counted


def migrations_in(query: Query) -> dict[str, str]:
    """The last migration of each app."""
    return {str(app): str(name) for app, name in query("SELECT app, max(name) FROM django_migrations GROUP BY app ORDER BY app")}


def unknown_migrations(heads: Iterable[tuple[str, str]]) -> list[str]:
    """Those that this version of the site does not have: the database is of a later one."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return [f"{app} {name}" for app, name in heads if (app, name) not in known]


def head_of_audit(query: Query) -> str:
    """The end of the audit log's chain, as `audit_verify --expect` takes it; "" if there is none yet."""
    found: Sequence[Any] = query("SELECT number, hash FROM audit_seal ORDER BY number DESC LIMIT 1")
    return f"{found[0][0]}:{found[0][1]}" if found else ""


def key_digest(moment: datetime, secret: str | None = None) -> str:
    """Tells later whether the site has the same SECRET_KEY, and nothing of it."""
    return salted_hmac(SALT, moment.isoformat(), secret, algorithm="sha256").hexdigest()


def is_key_known(moment: datetime, digest: str) -> bool:
    """Whether the digest was made by the present SECRET_KEY, or by one in SECRET_KEY_FALLBACKS."""
    return any(
        constant_time_compare(digest, key_digest(moment, secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def version_of_the_site() -> str:
    """What Git calls the version that runs; "" where there is no Git."""
    command = ["git", "-C", str(settings.BASE_DIR), "describe", "--always", "--tags", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
