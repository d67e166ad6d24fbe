"""Indexes on tables that are in use: made beside the running site, which goes on writing (CREATE INDEX CONCURRENTLY).

A migration with one of these says `atomic = False`. On the embedded database they are made as any other.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

INVALID = "SELECT 1 FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relname = %s AND NOT indisvalid"


class AddIndexBeside(migrations.AddIndex):
    """As AddIndex. One that broke off leaves an index that is not valid, which the next try removes first."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        drop_invalid(schema_editor, self.index.name)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        schema_editor.remove_index(from_state.apps.get_model(app_label, self.model_name), self.index, concurrently=True)


class AddWordsIndex(Operation):
    """An index for the look-up `words` (infacta/words.py) of one column. There is none on the embedded database, and the model knows nothing of it."""

    reduces_to_sql = True
    reversible = True
    atomic = False

    def __init__(self, model_name: str, column: str, name: str) -> None:
        self.model_name, self.column, self.name = model_name, column, name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: the index is the database's own matter."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        if schema_editor.connection.vendor == "postgresql":
            drop_invalid(schema_editor, self.name)
            table = schema_editor.quote_name(to_state.apps.get_model(app_label, self.model_name)._meta.db_table)
            schema_editor.execute(
                f"CREATE INDEX CONCURRENTLY {self.name} ON {table} USING gin (to_tsvector('simple', {schema_editor.quote_name(self.column)}))"
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.name}")

    def describe(self) -> str:
        return f"Create index {self.name} for the words of {self.model_name}.{self.column}"


def drop_invalid(schema_editor: BaseDatabaseSchemaEditor, name: str) -> None:
    """Remove what an index of this name left that broke off."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(INVALID, [name])
        if cursor.fetchone():
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(name)}")
