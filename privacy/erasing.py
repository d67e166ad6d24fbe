"""How the rows of one person are erased: what a fate comes to, for each model (GDPR article 17).

Most rows are simply deleted, or blanked where a reason keeps them. Where it takes more, the app that knows says so in its `erasing.py`: an
`Eraser`, which the fate names by its dotted name (`by=`). Whatever erases may be done again without harm, and is looked at afterwards: what
`left` finds is all that counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

from privacy.fates import Anonymised, Erased
from privacy.registry import ModelDeclaration
from privacy.subjects import DataSubject, rows_of
from privacy.texts import Text


class NotYet(Exception):
    """It cannot be erased at this moment, and must be tried again; the message says why, and repeats nothing personal."""


@dataclass(frozen=True)
class Remainder:
    """What stays of a kind of record that goes: what it is, on which ground, and `rows`, which counts how much."""

    what: Text
    ground: Text
    rows: Callable[[DataSubject], int]


@dataclass(frozen=True)
class Eraser:
    """`erase` does it, and raises NotYet where it cannot; `left` looks how many rows still hold something of the person that must go.

    `stays` tells what is kept all the same, for the preview and for the receipt.
    """

    erase: Callable[[DataSubject], None]
    left: Callable[[DataSubject], int]
    stays: Remainder | None = None

    def __call__(self, person: DataSubject) -> None:
        self.erase(person)


def eraser_of(declared: ModelDeclaration) -> Eraser:
    """What carries out the fate of this model: the app's own, or deleting and blanking. ValueError for what is kept, ImportError."""
    fate = declared.fate
    if not isinstance(fate, Erased | Anonymised):
        raise ValueError(f"{declared.model} is kept.")
    if fate.by:
        return named(fate.by)
    return deleting(declared) if isinstance(fate, Erased) else blanking(declared, fate)


def named(dotted: str) -> Eraser:
    """ImportError if there is none of this name."""
    found = import_string(dotted)
    if not isinstance(found, Eraser):
        raise ImportError(f"{dotted} is no Eraser.")
    return found


def deleting(declared: ModelDeclaration) -> Eraser:
    @transaction.atomic
    def erase(person: DataSubject) -> None:
        rows_of(person, declared).delete()

    return Eraser(erase, lambda person: rows_of(person, declared).count())


def blanking(declared: ModelDeclaration, fate: Anonymised) -> Eraser:
    @transaction.atomic
    def erase(person: DataSubject) -> None:
        rows_of(person, declared).update(**fate.blanks)

    return Eraser(erase, lambda person: not_blank(rows_of(person, declared), fate.blanks).count())


def not_blank(rows: QuerySet[Model], blanks: Mapping[str, Any]) -> QuerySet[Model]:
    """Those of the rows in which anything else stands than what should."""
    return rows.exclude(**blanks) if blanks else rows.none()


def in_order(declared: Sequence[ModelDeclaration]) -> list[ModelDeclaration]:
    """So that a row goes before what it points to: what points to others comes first, whatever the foreign keys say of deleting."""
    by_model = {one.model: one for one in declared}
    ordered: dict[str, ModelDeclaration] = {}
    under_way: set[str] = set()

    def visit(label: str) -> None:
        if label in ordered or label in under_way:
            return
        under_way.add(label)
        for other in sorted(by_model):
            if points_to(other, label):
                visit(other)
        ordered[label] = by_model[label]

    for label in by_model:
        visit(label)
    return list(ordered.values())


def points_to(one: str, other: str) -> bool:
    target = apps.get_model(other)
    return any(field.is_relation and field.related_model is target for field in apps.get_model(one)._meta.concrete_fields)
