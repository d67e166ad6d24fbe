"""From when a row's time runs, and so which rows are due: said in its declaration, beside the retention.

What destroys a row, and what counts the rows that are due, both ask here (privacy/retention/due.py), so that they can never mean different rows.
"""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Since:
    """Time runs from a field of the row: `only` leaves out those that it does not run for. `epoch`: the field counts seconds."""

    field: str
    only: Q = dataclasses.field(default_factory=Q, compare=False)
    epoch: bool = False

    def due(self, model: type[Model], longest: timedelta, now: datetime) -> QuerySet[Any]:
        oldest = now - longest
        limit = oldest.timestamp() if self.epoch else oldest
        return model._default_manager.filter(self.only, **{f"{self.field}__lt": limit})

    def overdue(self, model: type[Model], longest: timedelta, since: datetime) -> QuerySet[Any]:
        return self.due(model, longest, since)

    def moment(self, value: Any) -> datetime:
        return datetime.fromtimestamp(value, UTC) if self.epoch else value

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)


@dataclass(frozen=True)
class Until:
    """The row says itself until when it is kept."""

    field: str
    epoch = False

    def due(self, model: type[Model], longest: timedelta, now: datetime) -> QuerySet[Any]:
        return model._default_manager.filter(**{f"{self.field}__lte": now})

    def overdue(self, model: type[Model], longest: timedelta, since: datetime) -> QuerySet[Any]:
        return self.due(model, longest, since)

    def moment(self, value: Any) -> datetime:
        return value

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)


@dataclass(frozen=True)
class With:
    """The row goes with the one that it belongs to, and is due when that is: a path to a row of a model with a clock of its own."""

    relation: str

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.relation,)


@dataclass(frozen=True)
class Found:
    """For what no field says by itself: the dotted name of a function that takes the moment, and gives the rows that are due then.

    `by` is the field that tells the oldest of them. `overdue` names another function, where it is not enough to ask `rows` of an earlier moment.
    """

    rows: str
    by: str = ""
    overdue_rows: str = ""

    def due(self, model: type[Model], longest: timedelta, now: datetime) -> QuerySet[Any]:
        return import_string(self.rows)(now)

    def overdue(self, model: type[Model], longest: timedelta, since: datetime) -> QuerySet[Any]:
        return import_string(self.overdue_rows or self.rows)(since)

    def moment(self, value: Any) -> datetime:
        return value

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.by,) if self.by else ()


Clock = Since | Until | With | Found
