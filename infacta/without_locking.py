"""Operations for migrations of a site that is running (docs/deploying.md): they lock no table while they read all of it.

PostgreSQL's own, which Django has, where there is PostgreSQL; on SQLite, where nobody else writes meanwhile, the plain ones. A migration with an index
says `atomic = False`, and holds nothing else.
"""

from typing import Any

from django.contrib.postgres import operations as postgres
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddConstraint, AddIndex, RemoveIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

IS_VALID = "SELECT indisvalid FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relname = %s AND pg_table_is_visible(oid)"


def is_postgres(schema_editor: Any) -> bool:
    return bool(schema_editor.connection.vendor == "postgresql")


def is_there(schema_editor: BaseDatabaseSchemaEditor, name: str) -> bool:
    """Whether an earlier try made this index. What one left that broke off is removed: PostgreSQL never uses it, and would not make another."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(IS_VALID, [name])
        found = cursor.fetchone()
    if found and not found[0]:
        schema_editor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(name)}")
    return bool(found and found[0])


class AddIndexConcurrently(postgres.AddIndexConcurrently):
    """A migration with several goes on, when it is tried again, where it broke off."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if not is_postgres(schema_editor):
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
        elif not is_there(schema_editor, self.index.name):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        operation = postgres.AddIndexConcurrently if is_postgres(schema_editor) else AddIndex
        operation.database_backwards(self, app_label, schema_editor, from_state, to_state)


class RemoveIndexConcurrently(postgres.RemoveIndexConcurrently):
    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        operation = postgres.RemoveIndexConcurrently if is_postgres(schema_editor) else RemoveIndex
        operation.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        operation = postgres.RemoveIndexConcurrently if is_postgres(schema_editor) else RemoveIndex
        operation.database_backwards(self, app_label, schema_editor, from_state, to_state)


class AddConstraintNotValid(postgres.AddConstraintNotValid):
    """New rows are held to it at once; the rows that are there by `ValidateConstraint`, in the next migration."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        operation = postgres.AddConstraintNotValid if is_postgres(schema_editor) else AddConstraint
        operation.database_forwards(self, app_label, schema_editor, from_state, to_state)


class ValidateConstraint(postgres.ValidateConstraint):
    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if is_postgres(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class AddWordsIndexConcurrently(Operation):
    """An index for the look-up `words` (infacta/words.py) of one column. There is none on the embedded database, and the model knows nothing of it."""

    reduces_to_sql = True
    reversible = True
    atomic = False

    def __init__(self, model_name: str, column: str, name: str) -> None:
        self.model_name, self.column, self.name = model_name, column, name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: the index is the database's own matter."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        if is_postgres(schema_editor) and not is_there(schema_editor, self.name):
            table = schema_editor.quote_name(to_state.apps.get_model(app_label, self.model_name)._meta.db_table)
            schema_editor.execute(
                f"CREATE INDEX CONCURRENTLY {self.name} ON {table} USING gin (to_tsvector('simple', {schema_editor.quote_name(self.column)}))"
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        if is_postgres(schema_editor):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.name}")

    def describe(self) -> str:
        return f"Create index {self.name} for the words of {self.model_name}.{self.column}"
