"""Whether a migration may run while the release before it still serves: what locks a large table, or breaks the old code, is an objection.

The walk follows PostgreSQL's documentation of ALTER TABLE and CREATE INDEX (which lock each takes, and what reads the whole table under it), and what
the ORM of the old code writes: every column that it knows, and none that it does not.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.postgres import operations as postgres
from django.db import connection, models
from django.db.migrations import operations as plain
from django.db.models.fields import NOT_PROVIDED

from infacta.without_locking import AddWordsIndexConcurrently

NOTE = "locking"
"""A string of this name in the migration's module says why it is harmless all the same."""

HARMLESS_SQL = re.compile(
    r"\s*(create (unique )?index concurrently|drop index concurrently|alter table \S+ validate constraint|set lock_timeout|comment on)\b",
    re.IGNORECASE,
)
HARMLESS = (
    *(plain.CreateModel, plain.AlterModelOptions, plain.AlterModelManagers, plain.RenameIndex, plain.AlterModelTableComment),
    *(plain.RemoveConstraint, postgres.AddIndexConcurrently, postgres.RemoveIndexConcurrently, postgres.AddConstraintNotValid),
    *(postgres.ValidateConstraint, postgres.CreateExtension, AddWordsIndexConcurrently),
)
DATA = (plain.RunPython, plain.RunSQL)
GONE = (
    "the release that still runs asks for it. Let this release do without it (SeparateDatabaseAndState with state_operations alone), and take it away "
    "in a migration of the next release, whose note says so."
)
RENAMED = "the release that still runs asks by the old name. Keep the name in the database (db_column, db_table), or add the new one, copy, and take the old away in the next release."
INDEX = "it locks the table against writing until the index is built. Use AddIndexConcurrently of infacta.without_locking, in a migration of its own with atomic = False."
UNIQUE = (
    "it locks the table until its index is built. Build the unique index by RunSQL(CREATE UNIQUE INDEX CONCURRENTLY …, state_operations=[…]) in a "
    "migration of its own with atomic = False."
)
BATCHES = (
    "a migration that changes rows holds their locks until it is through. Change them in batches that are committed each (atomic = False), "
    "in a migration that holds nothing else."
)


def objections(migration: Any, before: Any, note: str = "") -> list[str]:
    """A sentence for each operation that may not run beside the old release; none if the migration says why it may. `before` is the project's state."""
    if note.strip():
        return []
    state, made, found = before.clone(), set(), []
    for operation in migration.operations:
        after = state.clone()
        operation.state_forwards(migration.app_label, after)
        for part in parts(operation):
            name = getattr(part, "model_name", getattr(part, "name", "")).lower()
            if isinstance(part, plain.CreateModel):
                made.add(name)
            elif name not in made or isinstance(part, DATA):
                found += [f"{type(part).__name__} of {name or 'the database'}: {why}" for why in whys(part, migration, state, after)]
        state = after
    found += mixed(migration)
    return [
        f"{migration.app_label}/migrations/{migration.name}.py: {one} Or write above its class why it is harmless here: {NOTE} = …"
        for one in found
    ]


def parts(operation: Any) -> list[Any]:
    """What is done to the database: of what is separated from the state, that part alone."""
    return list(operation.database_operations) if isinstance(operation, plain.SeparateDatabaseAndState) else [operation]


def mixed(migration: Any) -> Iterator[str]:
    done = [part for operation in migration.operations for part in parts(operation)]
    if any(isinstance(part, DATA) for part in done) and not all(isinstance(part, DATA) for part in done):
        yield "it changes tables and rows in one: PostgreSQL keeps the tables locked while the rows are changed. Make two migrations of it."
    names = {part.constraint.name for part in done if isinstance(part, postgres.AddConstraintNotValid)}
    if any(isinstance(part, postgres.ValidateConstraint) and part.name in names for part in done):
        yield "a constraint is added and validated in one transaction, which locks the table all the while. Validate it in the next migration."


def whys(part: Any, migration: Any, state: Any, after: Any) -> Iterator[str]:
    if isinstance(part, HARMLESS):
        return
    for kind, judge in JUDGES.items():
        if isinstance(part, kind):
            yield from judge(part, migration, state, after)
            return
    yield "nobody has looked yet what it locks. Look, and add it to tests/architecture/two_steps.py."


def gone(*_all: Any) -> Iterator[str]:
    yield GONE


def renamed(*_all: Any) -> Iterator[str]:
    yield RENAMED


def index(*_all: Any) -> Iterator[str]:
    yield INDEX


def unique(*_all: Any) -> Iterator[str]:
    yield UNIQUE


def removed_index(*_all: Any) -> Iterator[str]:
    yield "it waits for every transaction, and all others wait behind it. Use RemoveIndexConcurrently of infacta.without_locking."


def added_constraint(part: Any, *_all: Any) -> Iterator[str]:
    if isinstance(part.constraint, models.CheckConstraint):
        yield "it reads all rows under a lock. Use AddConstraintNotValid, and ValidateConstraint in the next migration, both of infacta.without_locking."
    else:
        yield UNIQUE


def added_field(part: Any, *_all: Any) -> Iterator[str]:
    field = part.field
    if isinstance(field, models.ManyToManyField):
        return
    if isinstance(field, models.GeneratedField):
        yield "PostgreSQL writes the whole table anew under a lock. Add a plain nullable column, and fill it in batches."
    elif not field.null and field.db_default is NOT_PROVIDED:
        yield "the release that still runs writes rows without it, and they are refused. Make it nullable, or give it a db_default."
    if field.unique or field.db_index:
        yield UNIQUE if field.unique else f"its index: {INDEX} (db_index=False, and the index in Meta.indexes)"


def altered_field(part: Any, migration: Any, state: Any, after: Any) -> Iterator[str]:
    old, new = (one.apps.get_model(migration.app_label, part.model_name)._meta.get_field(part.name) for one in (state, after))
    if old.column != new.column:
        yield RENAMED
    if new.db_type(connection) != old.db_type(connection) and not is_wider(old, new):
        yield "PostgreSQL writes the whole table anew under a lock. Add a column of the new type, write both, copy in batches, and take the old one away in the next release."
    if old.null and not new.null:
        yield "it reads all rows under a lock, and the release that still runs writes rows without it. First a CheckConstraint (isnull=False) by AddConstraintNotValid and ValidateConstraint."
    if (new.unique and not old.unique) or (new.db_index and not old.db_index):
        yield UNIQUE if new.unique else INDEX


def is_wider(old: Any, new: Any) -> bool:
    """Of texts PostgreSQL only changes what it knows of them."""
    texts = (models.CharField, models.TextField)
    if not (isinstance(old, texts) and isinstance(new, texts)):
        return False
    return (isinstance(new, models.TextField) and not isinstance(new, models.CharField)) or (new.max_length or 0) >= (
        old.max_length or 1 << 30
    )


def program(part: Any, migration: Any, *_all: Any) -> Iterator[str]:
    if migration.atomic:
        yield BATCHES


def sql(part: Any, *_all: Any) -> Iterator[str]:
    statements = part.sql if isinstance(part.sql, (list, tuple)) else [part.sql]
    for statement in statements:
        if not HARMLESS_SQL.match(statement if isinstance(statement, str) else statement[0]):
            yield "nobody but you knows what this statement locks. Say it."


JUDGES: dict[Any, Callable[..., Iterator[str]]] = {
    (plain.DeleteModel, plain.RemoveField): gone,
    (plain.RenameModel, plain.RenameField, plain.AlterModelTable): renamed,
    plain.AddIndex: index,
    plain.RemoveIndex: removed_index,
    (plain.AlterUniqueTogether, plain.AlterIndexTogether, plain.AlterOrderWithRespectTo): unique,
    plain.AddConstraint: added_constraint,
    plain.AddField: added_field,
    plain.AlterField: altered_field,
    plain.RunPython: program,
    plain.RunSQL: sql,
}
