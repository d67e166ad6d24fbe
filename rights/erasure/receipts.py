"""The receipt of an erasure: what its record says. Whoever has the number sees it; it tells nothing of what was erased, nor of whom."""

from privacy.registry import registry
from rights.erasure.planning import Line, together
from rights.models import Erasure


def erasure_behind(receipt: str) -> Erasure | None:
    return Erasure.objects.filter(receipt=receipt.lower()[:100]).first()


def lines_of(erasure: Erasure) -> list[Line]:
    """In the words of today, in the language of whoever reads it; what is declared no more keeps the words that it was written with."""
    return together([line_of(fact) for fact in erasure.facts])


def line_of(fact: dict[str, object]) -> Line:
    written = Line(str(fact["title"]), int(str(fact["rows"])), str(fact["fate"]), str(fact["ground"]), str(fact["model"]))
    declared = registry.models.get(written.model)
    if declared is None:
        return written
    return Line(declared.title, written.rows, written.fate, getattr(declared.fate, "ground", "") or written.ground, written.model)
