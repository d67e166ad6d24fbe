"""Fill an empty database with so many customers and all that they leave: by statements inside of PostgreSQL, in one transaction."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.enrolment import APP
from accounts.models import User
from accounts.roles import ADMINISTRATION, SUPPORT, group_of
from downloads.models import Release

SQL = Path(__file__).with_name("sql")
LEAST = 1_000
"""Fewer customers than these leave some tables without a row."""

PASSWORD = "a password for benchmarks alone"
SITES_TABLES = "nspname = 'public' AND relkind = 'r' AND relname !~ '^(django|auth|otp)_'"


class NotEmpty(Exception):
    """The database has accounts, or a catalogue."""


def fill(customers: int, say: Callable[[str], None]) -> None:
    """Fill the database of the settings, which must be PostgreSQL and hold no account (NotEmpty); `customers` is a multiple of 1,000.

    Every foreign key and every unique key is taken away before and made again after: all rows meet them, or nothing stays.
    """
    if User.objects.exists() or Release.objects.exists():
        raise NotEmpty
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off; SET LOCAL maintenance_work_mem = '1GB'; SET LOCAL work_mem = '256MB'")
        with without_keys(cursor):
            for path in sorted(SQL.glob("*.sql")):
                began = time.monotonic()
                cursor.execute(statements(path, customers))
                say(f"{path.stem}: {time.monotonic() - began:.1f} s")
            began = time.monotonic()
        say(f"keys and indexes: {time.monotonic() - began:.1f} s")
        move_sequences(cursor)
        name_versions()
        enrol_staff()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def statements(path: Path, customers: int) -> str:
    """A file of statements with its numbers filled in."""
    purchases = customers * 6 // 5
    items = purchases + purchases // 4
    numbers = {"customers": customers, "purchases": purchases, "items": items, "entitlements": items + customers // 10}
    text = path.read_text()
    for name, number in numbers.items():
        text = text.replace(f":{name}", f"{number}::bigint")
    return text.replace(":password", make_password(PASSWORD)) if ":password" in text else text


@contextmanager
def without_keys(cursor: CursorWrapper) -> Iterator[None]:
    """Load first, and index then: in a third of the time. Primary keys stay."""
    constraints = rows(
        cursor,
        f"""SELECT format('%I', relname), format('%I', conname), pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid
        JOIN pg_namespace n ON n.oid = relnamespace WHERE contype IN ('f', 'u') AND {SITES_TABLES} ORDER BY contype = 'f', relname""",
    )
    for table, name, _definition in reversed(constraints):
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    indexes = rows(
        cursor,
        f"""SELECT format('%I', i.relname), pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class i ON i.oid = indexrelid
        JOIN pg_class t ON t.oid = indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
        WHERE NOT indisprimary AND {SITES_TABLES.replace("relname", "t.relname").replace("relkind", "t.relkind")}""",
    )
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        cursor.execute(definition)
    for table, name, definition in constraints:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def rows(cursor: CursorWrapper, query: str) -> list[tuple[str, ...]]:
    cursor.execute(query)
    return cursor.fetchall()


def move_sequences(cursor: CursorWrapper) -> None:
    """Each counter of numbers behind the highest number that its table has."""
    owned = rows(
        cursor,
        f"""SELECT format('%I', relname), pg_get_serial_sequence(format('%I', relname), 'id') FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'id' WHERE {SITES_TABLES} AND attidentity <> ''""",
    )
    for table, sequence in owned:
        cursor.execute(f"SELECT setval('{sequence}', coalesce(max(id), 0) + 1, false) FROM {table}")


def name_versions() -> None:
    """Releases are ordered by a key that the model makes of their version."""
    for release in Release.objects.all():
        release.save()


def enrol_staff() -> None:
    """administration@example.com and support@example.com, with authenticator apps."""
    for email, role in (("administration@example.com", ADMINISTRATION), ("support@example.com", SUPPORT)):
        user = User.objects.get(email=email)
        user.groups.add(group_of(role))
        TOTPDevice.objects.create(user=user, name=APP, confirmed=True)
