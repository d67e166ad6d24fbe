"""All rows about a person, kind by kind, as they come from the database: one query a kind, and one for each kind of name that they lead to.

Nothing is kept in memory but a chunk of rows, and the names of products, files and the like, of which there are few.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.utils.html import escape

from accounts.roles import ADMINISTRATION
from infacta.sealed_text import CannotOpen
from privacy.registry import Enclosure, ModelDeclaration, Personal, registry
from privacy.subjects import DataSubject, rows_of
from support.vault.files import Damaged
from support.vault.keyring import KeyGone

CHUNK, HEAVY_CHUNK = 1000, 20  # rows in memory; of those that carry files, fewer
UNREADABLE = (KeyGone, Damaged, CannotOpen, OSError)


class Who(NamedTuple):
    """An account in a row: "you", or "staff" with the role; never a name."""

    who: str
    role: str = ""

    @property
    def data(self) -> dict[str, Any]:
        return {"who": self.who} | ({"role": self.role} if self.role else {})


class Elsewhere(NamedTuple):
    """Another row of the report, by the title of its kind and its number."""

    record: str
    title: str
    number: Any

    @property
    def data(self) -> dict[str, Any]:
        return {"record": self.record, "id": str(self.number) if isinstance(self.number, UUID) else self.number}


class Named(NamedTuple):
    """What the vendor offers, by its name."""

    record: str
    text: str

    @property
    def data(self) -> dict[str, Any]:
        return {"record": self.record, "name": self.text}


class Unreadable(NamedTuple):
    """What stands there, and cannot be opened: its key is destroyed, or the file is damaged."""

    why: str

    @property
    def data(self) -> dict[str, Any]:
        return {"unreadable": self.why}


class Column(NamedTuple):
    """A field of a kind of record, made ready once for all rows: its declared name is escaped for the book."""

    name: str
    label: str
    personal: Personal
    field: Any


class Value(NamedTuple):
    column: Column
    value: Any


@dataclass(frozen=True)
class Entry:
    """One row: its number, what stands in it, and the files that belong to it."""

    number: Any
    values: list[Value]
    enclosures: list[Enclosure]


@dataclass
class Chapter:
    """One kind of record, and how to read its rows. `count` grows while they are read."""

    declared: ModelDeclaration
    person: DataSubject
    staff: dict[int, str]
    count: int = 0
    names: dict[str, dict[Any, str]] = field(default_factory=dict)

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.declared.model)

    @property
    def slug(self) -> str:
        return self.declared.model.lower().replace(".", "-")

    @property
    def can_be_found(self) -> bool:
        return isinstance(self.declared.subject, str) or self.declared.finds is not None

    @property
    def has_files(self) -> bool:
        return self.declared.encloses is not None

    @cached_property
    def columns(self) -> list[Column]:
        """What is shown: all but what is withheld."""
        shown = ((name, one) for name, one in self.declared.personal.items() if not one.withheld)
        return [Column(name, escape(str(one.text)), one, self.model._meta.get_field(name)) for name, one in shown]

    def entries(self) -> Iterator[Entry]:
        """Every row of the person, in the order in which they were made."""
        if not self.can_be_found:
            return
        rows = rows_of(self.person, self.declared).order_by("pk")
        self.names = {column.name: names_in(rows, column.field) for column in self.columns if is_catalogue(column.field)}
        chunk = HEAVY_CHUNK if self.has_files else CHUNK
        for row in rows.select_related(*self.declared.reads).iterator(chunk_size=chunk):
            self.count += 1
            yield Entry(row.pk, [Value(column, self.read(row, column)) for column in self.columns], self.enclosures(row))

    def read(self, row: Any, column: Column) -> Any:
        name, _label, personal, one = column
        if opener := personal.shown:
            return read_or_say(lambda: opener(row))
        value = getattr(row, one.attname)
        if value is None or not one.is_relation:
            return value
        if one.related_model is get_user_model():
            return Who("you") if value == self.person.account else Who("staff", self.staff.get(value, ""))
        if is_catalogue(one):
            return Named(one.related_model._meta.label, self.names[name].get(value, ""))
        other = registry.models[one.related_model._meta.label]
        return Elsewhere(other.model, str(other.title), value)

    def enclosures(self, row: Any) -> list[Enclosure]:
        encloses = self.declared.encloses
        found = read_or_say(lambda: list(encloses(row))) if encloses else []
        return [] if isinstance(found, Unreadable) else found


def read_or_say(opener: Any) -> Any:
    try:
        return opener()
    except UNREADABLE as error:
        return Unreadable(type(error).__name__)


def is_catalogue(one: Any) -> bool:
    """Whether the field leads to something that is nobody's, such as a product."""
    return bool(one.is_relation) and not registry.models[one.related_model._meta.label].personal


def names_in(rows: QuerySet[Any], one: Any) -> dict[Any, str]:
    """What all rows of this field lead to, by name: one query."""
    target: Any = one.related_model
    found = target._default_manager.filter(pk__in=rows.order_by().values(one.attname))
    return {row.pk: str(row) for row in found.select_related(*names_need(target))}


def names_need(target: Any) -> list[str]:
    """The relations that the name of such a row may be made of, two steps deep."""
    paths = []
    for one in target._meta.concrete_fields:
        if is_catalogue(one):
            paths += [one.name, *(f"{one.name}__{two.name}" for two in one.related_model._meta.concrete_fields if is_catalogue(two))]
    return paths


def chapters_of(person: DataSubject) -> list[Chapter]:
    """Every kind of record that holds personal data, in the order in which the policies name them."""
    staff = roles()
    return [Chapter(declared, person, staff) for declared in registry.models.values() if declared.personal]


def roles() -> dict[int, str]:
    """The members of staff, and in which role each acts: one query."""
    found = get_user_model()._default_manager.filter(is_staff=True).values_list("pk", "is_superuser", "groups__name")
    return {pk: ADMINISTRATION if is_superuser else name or "" for pk, is_superuser, name in found}
