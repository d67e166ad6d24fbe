"""The receipt of an erasure: what its record says. Whoever has the number sees it; it tells nothing of what was erased, nor of whom."""

from rights.erasure.planning import Line, line_of, together
from rights.models import Erasure


def erasure_behind(receipt: str) -> Erasure | None:
    return Erasure.objects.filter(receipt=receipt.lower()[:100]).first()


def lines_of(erasure: Erasure) -> list[Line]:
    """In the words of today, in the language of whoever reads it."""
    return together([line_of(fact["model"], fact["rows"], fact["fate"]) for fact in erasure.facts])
