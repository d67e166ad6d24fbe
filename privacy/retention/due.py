"""Which rows are due, by the clocks of the declarations. Whatever destroys rows asks here for them, and so does whatever counts them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.apps import apps
from django.db.models import Model, QuerySet

from privacy.clocks import Clock, With
from privacy.registry import ModelDeclaration, Retention, registry


class NoClock(LookupError):
    """No declaration says which rows of the model are due by this retention."""


@dataclass(frozen=True, eq=False)
class Governed:
    """The rows of one model, or some fields of theirs, that one retention with a limit governs."""

    retention: Retention
    declared: ModelDeclaration
    clock: Clock | None

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.declared.model)

    @property
    def parts(self) -> list[str]:
        """The fields that it governs, where it does not govern the whole row."""
        names = [name for name in self.declared.personal if self.declared.retention_of(name) is self.retention]
        return [] if self.retention is self.declared.retention else names

    @property
    def name(self) -> str:
        """The model, and in brackets the fields if it is not the whole row."""
        return f"{self.declared.model} ({', '.join(self.parts)})" if self.parts else self.declared.model

    @property
    def leader(self) -> "Governed":
        """The rows that these go with; KeyError or NoClock if there are none."""
        other = related_model(self.model, cast(With, self.clock).relation)
        return governed_by(self.retention, other._meta.label)

    @property
    def oldest_by(self) -> str:
        """The field, or the path to it, that tells the oldest row; "" if none does."""
        if isinstance(self.clock, With):
            return f"{self.clock.relation}__{field}" if (field := self.leader.oldest_by) else ""
        return next(iter(self.clock.fields), "") if self.clock else ""

    def due(self, now: datetime) -> QuerySet[Any]:
        """Whatever must be gone at this moment."""
        if self.clock is None:
            raise NoClock(self.name)
        if isinstance(self.clock, With):
            return self.model._default_manager.filter(**{f"{self.clock.relation}__in": self.leader.due(now).order_by().values("pk")})
        return self.clock.due(self.model, cast(timedelta, self.retention.longest), now)

    def overdue(self, since: datetime) -> QuerySet[Any]:
        """Whatever should have been gone at `since`, which lies in the past, and is there still."""
        if self.clock is None:
            raise NoClock(self.name)
        if isinstance(self.clock, With):
            gone = self.leader.overdue(since).order_by().values("pk")
            return self.model._default_manager.filter(**{f"{self.clock.relation}__in": gone})
        return self.clock.overdue(self.model, cast(timedelta, self.retention.longest), since)

    def moment(self, value: Any) -> datetime | None:
        """What stands in `oldest_by`, as a moment."""
        clock = self.leader.clock if isinstance(self.clock, With) else self.clock
        return clock.moment(value) if value is not None and clock and not isinstance(clock, With) else None


def related_model(model: type[Model], relation: str) -> type[Model]:
    for name in relation.split("__"):
        model = cast(type[Model], model._meta.get_field(name).related_model)
    return model


def governed() -> Iterator[Governed]:
    """Everything that a retention with a limit governs, in order of declaration. One that a timer of a process ends by itself is in no table."""
    for declared in registry.models.values():
        seen: set[str] = set()
        for name in declared.personal:
            retention = declared.retention_of(name)
            if retention and retention.longest and retention.destroyer and retention.slug not in seen:
                seen.add(retention.slug)
                yield Governed(retention, declared, declared.clock_of(retention))


def governed_by(retention: Retention, label: str) -> Governed:
    """The rows of the model that this retention governs; NoClock if there are none."""
    for one in governed():
        if one.declared.model == label and one.retention.slug == retention.slug:
            return one
    raise NoClock(f"{label} by {retention.slug}")


def due(retention: Retention, now: datetime) -> dict[str, QuerySet[Any]]:
    """The rows that must be gone at this moment, by the model whose they are."""
    return {one.name: one.due(now) for one in governed() if one.retention.slug == retention.slug}


def rows(retention: Retention, model: type[Model], now: datetime) -> QuerySet[Any]:
    """The rows of one model that must be gone at this moment: what its destroyer destroys."""
    return governed_by(retention, model._meta.label).due(now)
