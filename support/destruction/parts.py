"""Which rows hang on a case, and go with it.

Every table that points to a case goes, without being named here: where its foreign key says CASCADE its rows are deleted, and where it says
SET_NULL they are let go of, as when the case itself were deleted. What hangs on a case in another way adds a part of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from support.models import Case, Destruction

KEPT = (Destruction,)
"""Tells nothing of what was in the case."""


@dataclass(frozen=True)
class Part:
    """`destroy` takes the numbers of cases; `remaining` looks, and tells the numbers of those of which something is left."""

    name: str
    destroy: Callable[[Sequence[int]], Any]
    remaining: Callable[[Sequence[int]], set[int]]


added: list[Part] = []


def add(name: str, destroy: Callable[[Sequence[int]], Any], remaining: Callable[[Sequence[int]], set[int]]) -> None:
    """To be called once, when the module is imported that keeps something of cases outside of tables that point to them."""
    added.append(Part(name, destroy, remaining))


def parts() -> list[Part]:
    return [table(field) for field in pointing_to_cases() if field.model not in KEPT] + added


def pointing_to_cases() -> list[Any]:
    """The foreign keys to a case, of all tables."""
    relations: list[Any] = list(Case._meta.get_fields(include_hidden=True))
    return [relation.field for relation in relations if relation.auto_created and (relation.one_to_many or relation.one_to_one)]


def table(field: Any) -> Part:
    rows = field.model._base_manager

    def destroy(cases: Sequence[int]) -> None:
        theirs = rows.filter(**{f"{field.name}__in": cases})
        if field.remote_field.on_delete is models.SET_NULL:
            theirs.update(**{field.name: None})
        else:
            theirs.delete()

    def remaining(cases: Sequence[int]) -> set[int]:
        return set(rows.filter(**{f"{field.name}__in": cases}).values_list(field.attname, flat=True))

    return Part(field.model._meta.label, destroy, remaining)


def file_names(cases: Sequence[int]) -> set[str]:
    """Every name under which a file may lie in the vault for these cases: of whatever table that points to a case and has a `stored_as`."""
    found: set[str] = set()
    for field in pointing_to_cases():
        if any(one.name == "stored_as" for one in field.model._meta.concrete_fields):
            found |= set(field.model._base_manager.filter(**{f"{field.name}__in": cases}).values_list("stored_as", flat=True))
    return found
