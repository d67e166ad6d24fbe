"""What an erasure comes to: its steps in their order, and a preview in words, both read from the registry."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy.erasing import Eraser, eraser_of, in_order
from privacy.fates import Anonymised, Erased, Kept
from privacy.registry import ModelDeclaration, Text, registry
from privacy.subjects import DataSubject, rows_of

ERASED, ANONYMISED, KEPT = "erased", "anonymised", "kept"
WORDS = {ERASED: _("erased"), ANONYMISED: _("stays without you"), KEPT: pgettext_lazy("of records", "kept")}


@dataclass(frozen=True)
class Step:
    """Models that one eraser takes care of; `name` is that of the eraser, or of the one model."""

    name: str
    models: tuple[ModelDeclaration, ...]
    eraser: Eraser


@dataclass(frozen=True)
class Line:
    """What becomes of one kind of record: how many rows there are, and why they stay if they do."""

    title: Text
    rows: int
    fate: str
    ground: Text = ""
    model: str = ""

    @property
    def word(self) -> Text:
        return WORDS[self.fate]


def about_people() -> list[ModelDeclaration]:
    return [declared for declared in registry.models.values() if declared.personal]


def steps() -> list[Step]:
    """One after the other they leave nothing that must go, and no foreign key stands in the way."""
    named: dict[str, list[ModelDeclaration]] = {}
    for declared in in_order([one for one in about_people() if isinstance(one.fate, Erased | Anonymised)]):
        name = (isinstance(declared.fate, Erased | Anonymised) and declared.fate.by) or declared.model
        named.setdefault(name, []).append(declared)
    return [Step(name, tuple(models), eraser_of(models[0])) for name, models in named.items()]


def preview(person: DataSubject) -> list[Line]:
    """Kind by kind: what goes, what stays without the person, what is kept and on which ground. A few queries a model, however many rows."""
    lines: list[Line] = []
    for step in steps():
        lines += lines_of(step, step.eraser.left(person))
        lines += remainders(step, person)
    return together([*lines, *kept(person)])


def lines_of(step: Step, rows: int) -> Iterator[Line]:
    """For a step that found so many rows; of several models the first stands for all, as the one that the others hang on."""
    first = step.models[0] if len(step.models) == 1 else max(step.models, key=lambda one: len(one.fields))
    if rows:
        fate = first.fate
        ground = fate.ground if isinstance(fate, Anonymised) else ""
        yield Line(first.title, rows, ANONYMISED if isinstance(fate, Anonymised) else ERASED, ground, first.model)


def remainders(step: Step, person: DataSubject) -> list[Line]:
    return [Line(stays.what, stays.rows, KEPT, stays.ground) for stays in step.eraser.stays(person)]


def kept(person: DataSubject) -> list[Line]:
    found = [(one, rows_of(person, one).count()) for one in about_people() if isinstance(one.fate, Kept)]
    return [Line(one.title, rows, KEPT, one.fate.ground, one.model) for one, rows in found if rows and isinstance(one.fate, Kept)]


def together(lines: Sequence[Line]) -> list[Line]:
    """What is erased first, and then what stays; nothing else is sorted, so that what belongs together stays together."""
    order = [ERASED, ANONYMISED, KEPT]
    return sorted(lines, key=lambda line: order.index(line.fate))
