"""Operations for migrations of a site that is running (docs/deploying.md): they lock no table while they read all of it.

PostgreSQL's own, which Django has, where there is PostgreSQL; on SQLite, where nobody else writes meanwhile, the plain ones. A migration with an index
says `atomic = False`, and holds nothing else.
"""

from typing import Any

from django.contrib.postgres import operations as postgres
from django.db.migrations import AddConstraint, AddIndex, RemoveIndex


def is_postgres(schema_editor: Any) -> bool:
    return bool(schema_editor.connection.vendor == "postgresql")


class AddIndexConcurrently(postgres.AddIndexConcurrently):
    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        operation = postgres.AddIndexConcurrently if is_postgres(schema_editor) else AddIndex
        operation.database_forwards(self, app_label, schema_editor, from_state, to_state)

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
