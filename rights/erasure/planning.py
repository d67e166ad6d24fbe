"""What an erasure comes to: its steps in their order, and a preview in words, both read from the registry."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from privacy.erasing import Eraser, eraser_of, in_order
from privacy.fates import Anonymised, Erased, Kept
from privacy.registry import ModelDeclaration, registry
from privacy.subjects import DataSubject, rows_of
from privacy.texts import Text

ERASED, ANONYMISED, KEPT = "erased", "anonymised", "kept"
WORDS = {ERASED: _("erased"), ANONYMISED: _("stays without you"), KEPT: pgettext_lazy("of records", "kept")}


@dataclass(frozen=True)
class Step:
    """Models that one eraser takes care of; `name` is that of the eraser, or of the one model."""

    name: str
    models: tuple[ModelDeclaration, ...]
    eraser: Eraser

    @property
    def main(self) -> ModelDeclaration:
        """Of several the one with most fields, on which the others hang."""
        return max(self.models, key=lambda one: len(one.fields))


@dataclass(frozen=True)
class Line:
    """What becomes of one kind of record: how many rows there are, and why they stay if they do. A receipt keeps `fact`, from which `line_of` makes it again."""

    model: str
    rows: int
    fate: str
    title: Text
    ground: Text = ""

    @property
    def fact(self) -> dict[str, Any]:
        return {"model": self.model, "rows": self.rows, "fate": self.fate}

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
        lines += lines_of(step, step.eraser.left(person), person)
    return together([*lines, *kept(person)])


def lines_of(step: Step, rows: int, person: DataSubject) -> Iterator[Line]:
    """What goes by a step that found so many rows, and what stays of it."""
    if rows:
        yield line_of(step.main.model, rows, ANONYMISED if isinstance(step.main.fate, Anonymised) else ERASED)
    if step.eraser.stays and (staying := step.eraser.stays.rows(person)):
        yield line_of(step.main.model, staying, KEPT)


def kept(person: DataSubject) -> list[Line]:
    found = [(one.model, rows_of(person, one).count()) for one in about_people() if isinstance(one.fate, Kept)]
    return [line_of(model, rows, KEPT) for model, rows in found if rows]


def line_of(model: str, rows: int, fate: str) -> Line:
    """In the words of today. What is declared no more, or has another fate by now, is told by the site's own name, and without the ground."""
    declared = registry.models.get(model)
    if declared is None:
        return Line(model, rows, fate, model)
    if fate == KEPT and not isinstance(declared.fate, Kept):
        stays = eraser_of(declared).stays
        return Line(model, rows, fate, stays.what, stays.ground) if stays else Line(model, rows, fate, declared.title)
    return Line(model, rows, fate, declared.title, getattr(declared.fate, "ground", ""))


def together(lines: Sequence[Line]) -> list[Line]:
    """What is erased first, and then what stays; nothing else is sorted, so that what belongs together stays together."""
    order = [ERASED, ANONYMISED, KEPT]
    return sorted(lines, key=lambda line: order.index(line.fate))
