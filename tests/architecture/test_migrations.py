"""No migration locks a large table, or breaks the release that still runs, without saying why it may (docs/deploying.md)."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Lower

from infacta.without_locking import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from tests.architecture.two_steps import NOTE, objections

HISTORY = {
    "accounts": 13,
    "announcements": 6,
    "audit": 13,
    "downloads": 17,
    "mailroom": 4,
    "operations": 1,
    "privacy": 3,
    "promotions": 5,
    "purchases": 7,
    "rights": 3,
    "support": 7,
}
"""The last number of each app when this test began to look: no site ran without a pause before."""


def found_after(history: dict[str, int]) -> list[str]:
    """The objections to whatever came after these migrations of the site's own apps."""
    loader, ours = MigrationLoader(None), {config.label for config in apps.get_app_configs() if "site-packages" not in config.path}
    found = []
    for app, name in sorted(key for key in loader.disk_migrations if key[0] in ours and int(key[1][:4]) > history.get(key[0], 0)):
        one = loader.disk_migrations[app, name]
        note = getattr(sys.modules[type(one).__module__], NOTE, "")
        found += objections(one, loader.project_state([(app, name)], at_end=False), note)
    return found


def test_no_migration_of_ours_locks_or_breaks_what_runs():
    found = found_after(HISTORY)
    assert not found, "\n".join(found)


def test_it_would_have_seen_those_of_the_past():
    assert any("purchases/migrations/" in sentence for sentence in found_after(HISTORY | {"purchases": 1}))


def state() -> ProjectState:
    """A table with rows, and another one."""
    book = ModelState(
        "shop",
        "Book",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("title", models.CharField(max_length=50)),
            ("pages", models.IntegerField(null=True)),
        ],
        options={"indexes": [models.Index(fields=["title"], name="title_index")]},
    )
    author = ModelState("shop", "Author", [("id", models.BigAutoField(primary_key=True))])
    project = ProjectState()
    project.add_model(book)
    project.add_model(author)
    return project


def migration(*operations: Any, atomic: bool = True) -> Any:
    return SimpleNamespace(app_label="shop", name="0002_next", operations=list(operations), atomic=atomic)


def added(**options: Any) -> Any:
    return migrations.AddField("book", "price", models.IntegerField(**options))


def altered(field: models.Field, name: str = "title") -> Any:
    return migrations.AlterField("book", name, field)


INDEX = models.Index(fields=["pages"], name="pages_index")
CHECK = models.CheckConstraint(condition=models.Q(pages__gt=0), name="pages_positive")
ONCE = models.UniqueConstraint(Lower("title"), name="title_once")

BAD = [
    (migrations.AddIndex("book", INDEX), "AddIndexConcurrently"),
    (migrations.RemoveIndex("book", "title_index"), "RemoveIndexConcurrently"),
    (added(default=0), "db_default"),
    (added(null=True, db_index=True), "AddIndexConcurrently"),
    (added(null=True, unique=True), "CREATE UNIQUE INDEX CONCURRENTLY"),
    (migrations.AddField("book", "author", models.ForeignKey("shop.Author", models.CASCADE, null=True)), "AddIndexConcurrently"),
    (migrations.RemoveField("book", "pages"), "the next release"),
    (migrations.RenameField("book", "pages", "leaves"), "db_column"),
    (migrations.RenameModel("Book", "Volume"), "db_table"),
    (migrations.DeleteModel("Book"), "the next release"),
    (migrations.AlterModelTable("book", "books"), "db_table"),
    (altered(models.CharField(max_length=20)), "writes the whole table anew"),
    (altered(models.BigIntegerField(null=True), "pages"), "writes the whole table anew"),
    (altered(models.IntegerField(default=0), "pages"), "isnull=False"),
    (altered(models.CharField(max_length=50, unique=True)), "CREATE UNIQUE INDEX CONCURRENTLY"),
    (altered(models.CharField(max_length=50, db_column="name")), "db_column"),
    (migrations.AddConstraint("book", CHECK), "AddConstraintNotValid"),
    (migrations.AddConstraint("book", ONCE), "CREATE UNIQUE INDEX CONCURRENTLY"),
    (migrations.AlterUniqueTogether("book", {("title", "pages")}), "CREATE UNIQUE INDEX CONCURRENTLY"),
    (migrations.RunPython(lambda apps, editor: None), "in batches"),
    (migrations.RunSQL("UPDATE shop_book SET pages = 1"), "what this statement locks"),
    (migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("book", "pages")]), "the next release"),
]
GOOD = [
    migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
    AddIndexConcurrently("book", INDEX),
    RemoveIndexConcurrently("book", "title_index"),
    added(null=True),
    added(db_default=0),
    altered(models.CharField("the title", max_length=80)),
    altered(models.TextField()),
    altered(models.IntegerField(null=True, choices=[(1, "one")]), "pages"),
    AddConstraintNotValid("book", CHECK),
    ValidateConstraint("book", "pages_positive"),
    migrations.RunSQL("CREATE UNIQUE INDEX CONCURRENTLY title_once ON shop_book (lower(title))", state_operations=[]),
    migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("book", "pages")]),
]


@pytest.mark.parametrize(
    ("operation", "advice"), BAD, ids=lambda value: getattr(type(value), "__name__", "") if not isinstance(value, str) else ""
)
def test_what_locks_or_breaks_is_refused_with_what_to_do_instead(operation, advice):
    (sentence,) = objections(migration(operation), state())
    assert sentence.startswith("shop/migrations/0002_next.py: ")
    assert advice in sentence
    assert objections(migration(operation), state(), "The table has four rows.") == [], "a note says why it is harmless"


@pytest.mark.parametrize("operation", GOOD, ids=lambda value: type(value).__name__)
def test_what_neither_locks_nor_breaks_passes(operation):
    assert objections(migration(operation), state()) == []


def test_a_table_that_the_migration_makes_itself_may_be_changed_as_it_likes():
    made = migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))])
    assert objections(migration(made, migrations.AddField("shelf", "width", models.IntegerField(default=1))), state()) == []


def test_batches_that_are_committed_each_pass_and_tables_and_rows_are_not_mixed():
    rows = migrations.RunPython(lambda apps, editor: None)
    assert objections(migration(rows, atomic=False), state()) == []
    (sentence,) = objections(migration(rows, added(null=True), atomic=False), state())
    assert "Make two migrations of it" in sentence


def test_a_constraint_is_not_validated_in_the_transaction_that_adds_it():
    (sentence,) = objections(migration(AddConstraintNotValid("book", CHECK), ValidateConstraint("book", "pages_positive")), state())
    assert "in the next migration" in sentence


def test_an_operation_that_nobody_knows_is_looked_at_first():
    class Other(migrations.operations.base.Operation):
        def state_forwards(self, app_label, state):
            pass

    (sentence,) = objections(migration(Other()), state())
    assert "nobody has looked yet" in sentence


@pytest.mark.django_db(transaction=True)
def test_the_operations_that_lock_nothing_work_on_both_databases():
    """There and back, on a table of their own."""
    project = state()
    book = project.apps.get_model("shop", "Book")
    with connection.schema_editor() as editor:
        editor.create_model(book)
    try:
        done = []
        for operation in (
            AddIndexConcurrently("book", INDEX),
            AddConstraintNotValid("book", CHECK),
            ValidateConstraint("book", CHECK.name),
            RemoveIndexConcurrently("book", "title_index"),
        ):
            after = project.clone()
            operation.state_forwards("shop", after)
            with connection.schema_editor(atomic=connection.vendor == "sqlite") as editor:
                operation.database_forwards("shop", editor, project, after)
            done.append((operation, project, after))
            project = after
        with connection.cursor() as cursor:
            there = connection.introspection.get_constraints(cursor, "shop_book")
        assert {"pages_index", "pages_positive"} <= set(there)
        assert "title_index" not in there
        for operation, before, after in reversed(done):
            with connection.schema_editor(atomic=connection.vendor == "sqlite") as editor:
                operation.database_backwards("shop", editor, after, before)
        with connection.cursor() as cursor:
            assert "pages_index" not in connection.introspection.get_constraints(cursor, "shop_book")
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(book)
