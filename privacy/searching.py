"""How the lists of staff are searched: by what stands in an index, so that a search takes no longer among a million rows.

Django joins all tables and looks in all columns at once, and reads every row for it. Here each look-up is asked by itself, first in the table
whose column it is; most often one of them finds something, and the list is narrowed by that alone.
"""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import GenericIPAddressField, Model, Q, QuerySet

import infacta.words  # noqa: F401  (registers the look-up `words`)

Row = TypeVar("Row", bound=Model)

MOST = 100
"""Of more rows than these in another table their numbers are not listed: that many are found quickly in any order."""

LOOKUPS = ("exact", "startswith", "words", "icontains")

as_stored: dict[str, Callable[[str], str]] = {}
"""By the name of a column: how what was typed stands there. Rooms that have such columns say so here."""


def found(rows: QuerySet[Row], paths: list[str], typed: str) -> QuerySet[Row]:
    """Those of the rows that one of the paths finds by what was typed; each path ends in one of LOOKUPS, or means `icontains`."""
    conditions = list(conditions_of(rows.model, paths, typed.strip()))
    if len(conditions) > 1:
        conditions = [condition for condition in conditions if rows.filter(condition).order_by().exists()]
    either = Q()
    for condition in conditions:
        either |= condition
    return rows.filter(either) if conditions else rows.none()


def conditions_of(model: type[Model], paths: list[str], typed: str) -> Iterator[Q]:
    """One for each path that can find anything."""
    for path in paths:
        *way, name = path.split("__")
        lookup = name if name in LOOKUPS else "icontains"
        if lookup == name:
            name = way.pop()
        target, many = end_of(model, way)
        value = value_of(target._meta.get_field(name), typed)
        if value is None:
            continue
        asked = {f"{name}__{lookup}": value}
        if not way:
            yield Q(**asked)
        elif (numbers := first_of(target._default_manager.filter(**asked))) is None:
            yield Q(**{f"{'__'.join(way)}__{name}__{lookup}": value})
        elif numbers:
            yield narrowed(model, {f"{'__'.join(way)}__in": numbers}, many)


def end_of(model: type[Model], way: list[str]) -> tuple[type[Model], bool]:
    """The model that the way leads to, and whether it may lead from one row to many."""
    many = False
    for name in way:
        step: Any = model._meta.get_field(name)
        many |= bool(step.one_to_many or step.many_to_many)
        model = step.related_model
    return model, many


def narrowed(model: type[Model], asked: dict[str, Any], many: bool) -> Q:
    """The rows of these numbers elsewhere; without one twice, where many of them lead to it."""
    if many and (numbers := first_of(model._default_manager.filter(**asked))) is not None:
        return Q(pk__in=numbers)
    return Q(**asked)


def first_of(rows: QuerySet[Any]) -> list[Any] | None:
    """Their numbers; None if they are more than MOST."""
    numbers = list(rows.order_by().values_list("pk", flat=True).distinct()[: MOST + 1])
    return numbers if len(numbers) <= MOST else None


def value_of(field: Any, typed: str) -> Any:
    """What was typed as it stands in the column; None if it cannot stand there."""
    if field.name in as_stored:
        return as_stored[field.name](typed)
    try:
        return str(ip_address(typed)) if isinstance(field, GenericIPAddressField) else field.to_python(typed)
    except (ValueError, ValidationError):
        return None
