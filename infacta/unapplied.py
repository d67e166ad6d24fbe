"""Which migrations of this program the database has not had."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def unapplied() -> list[str]:
    """Their names, in the order in which they would be applied; django.db.DatabaseError if it cannot be asked."""
    executor = MigrationExecutor(connection)
    return [str(migration) for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes())]
