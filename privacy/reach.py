"""How far a member of staff sees: whose rows, derived from the registry (promise C15).

Every model declares the look-up path from a row to the person it is about. The staff area filters by that path, so a row of
a person whose record is not open does not exist for support: not in a list, not on a page, not in a pop-up, not in an action.
"""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from privacy.registry import FoundBy, ModelDeclaration, registry

Row = TypeVar("Row", bound=Model)


class Reach:
    """Nobody's rows. Whoever knows more puts a reach of its own on the request: accounts.reach does, for the staff area."""

    @property
    def everybody(self) -> bool:
        """Whether all rows are seen, those too that lead to nobody."""
        return False

    @property
    def opened(self) -> Collection[int]:
        """The accounts whose rows are seen."""
        return ()

    def looked_at(self, person: int) -> None:
        """A page about this person alone is being shown."""

    def changed(self, person: Any, row: Model, fields: Sequence[str]) -> None:
        """A row about this person was added, changed or deleted, in this transaction."""

    @property
    def is_freshly_confirmed(self) -> bool:
        """Whether whoever asks proved lately who they are, so that they may take many people's rows away."""
        return False

    def exported(self, model: type[Model], rows: int, filters: Sequence[str]) -> None:
        """A list is about to be taken away: so many rows of it, narrowed by these filters."""


NOBODY = Reach()


def reach_of(request: HttpRequest) -> Reach:
    """The reach of the request; nobody's rows if nothing was put there."""
    reach: Reach = getattr(request, "reach", NOBODY)
    return reach


def declaration_of(model: type[Model]) -> ModelDeclaration:
    """What the registry says of the model; KeyError for one that nobody declared (the check privacy.E001 prevents it)."""
    return registry.models[model._meta.label]


def is_about_people(model: type[Model]) -> bool:
    return declaration_of(model).subject is not None


def visible(request: HttpRequest, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those of the rows that are within the request's reach. Rows that lead to nobody are for those alone who see everybody's."""
    subject, reach = declaration_of(rows.model).subject, reach_of(request)
    if subject is None or reach.everybody:
        return rows
    if isinstance(subject, FoundBy):
        return rows.none()
    return rows.filter(**{f"{subject or 'pk'}__in": sorted(reach.opened)})


def person_of(row: Model) -> Any:
    """The account that the row leads to; None if it leads to nobody."""
    here, last = before_person(row)
    return getattr(here, last) if here is not None and last else here


def number_of_person(row: Model) -> int | None:
    """The account's number, without asking the database for the account."""
    here, last = before_person(row)
    return getattr(here, f"{last}_id") if here is not None and last else here and here.pk


def before_person(row: Model) -> tuple[Any, str]:
    """The row whose column names the account, and the name of that column: "" if it is the account itself. None if the way ends before."""
    subject = declaration_of(type(row)).subject
    if subject is None or isinstance(subject, FoundBy):
        return None, ""
    *way, last = subject.split("__")
    here: Any = row
    for name in way:
        here = here and getattr(here, name)
    return here, last


def rows_of_one(model: type[Model]) -> str:
    """The look-up by which a list is narrowed to one person's rows; "" if none leads there, and for the account itself."""
    subject = declaration_of(model).subject
    return f"{subject}__id__exact" if subject and not isinstance(subject, FoundBy) else ""
