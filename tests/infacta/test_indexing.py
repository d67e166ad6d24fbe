"""Indexes that are made beside the running site (docs/scaling.md)."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from infacta.without_locking import AddIndexConcurrently, AddWordsIndexConcurrently

ON_POSTGRESQL = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
NAME = "index_of_a_test"


def operation() -> AddIndexConcurrently:
    return AddIndexConcurrently("user", models.Index(fields=["city"], name=NAME))


def states(made) -> tuple[ProjectState, ProjectState]:
    before = ProjectState.from_apps(apps)
    after = before.clone()
    made.state_forwards("accounts", after)
    return before, after


def forwards(made) -> None:
    before, after = states(made)
    with connection.schema_editor(atomic=False) as editor:
        made.database_forwards("accounts", editor, before, after)


def backwards(made) -> None:
    before, after = states(made)
    with connection.schema_editor(atomic=False) as editor:
        made.database_backwards("accounts", editor, after, before)


def valid(name: str) -> list[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = %s", [name])
        return [found for (found,) in cursor.fetchall()]


def test_a_migration_with_one_is_not_one_transaction():
    """PostgreSQL makes no index beside a transaction that holds the table."""
    found = [
        migration
        for migration in MigrationLoader(None).disk_migrations.values()
        if any(isinstance(one, AddIndexConcurrently | AddWordsIndexConcurrently) for one in migration.operations)
    ]
    assert found
    assert [str(migration) for migration in found if migration.atomic] == []


def test_the_model_knows_it():
    before, after = states(operation())
    assert NAME not in [index.name for index in before.models["accounts", "user"].options["indexes"]]
    assert NAME in [index.name for index in after.models["accounts", "user"].options["indexes"]]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="of the embedded database")
def test_the_embedded_database_has_them_too():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = %s", ["user_opened"])
        assert cursor.fetchone() == (1,)


class TestOnPostgresql:
    pytestmark = ON_POSTGRESQL

    def test_it_is_made_and_taken_back(self):
        forwards(operation())
        assert valid(NAME) == [True]
        backwards(operation())
        assert valid(NAME) == []

    def test_what_broke_off_is_made_anew(self):
        forwards(operation())
        with connection.cursor() as cursor:
            cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [NAME])
        forwards(operation())
        assert valid(NAME) == [True]
        backwards(operation())

    def test_words_have_an_index(self):
        made = AddWordsIndexConcurrently("user", "city", NAME)
        forwards(made)
        assert valid(NAME) == [True]
        backwards(made)
        assert valid(NAME) == []

    def test_none_of_the_sites_own_is_left_invalid(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE NOT indisvalid")
            assert cursor.fetchall() == []
            cursor.execute("SET enable_seqscan = off")
            cursor.execute("EXPLAIN SELECT id FROM accounts_user WHERE to_tsvector('simple', name) @@ to_tsquery('simple', 'archer:*')")
            assert "user_name_words" in "".join(line for (line,) in cursor.fetchall())
            cursor.execute("RESET enable_seqscan")
