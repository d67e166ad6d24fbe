"""Who has a case in hand: whoever decides something in it looks first, under its lock, whether it is still theirs."""

from typing import Any

from support.cases.writing import locked
from support.models import Case


class NotYours(Exception):
    """Somebody else works on the case meanwhile, or nobody."""


class Decided(Exception):
    """What was to be decided is decided already."""


def in_hand(case: Case, by: Any) -> Case:
    """The locked case, on which `by` still works. Raises NotYours, and Gone if it is being destroyed."""
    held = locked(case)
    if held.assigned_to_id != by.pk:
        raise NotYours
    return held
