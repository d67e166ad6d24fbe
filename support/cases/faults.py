"""What is likely wrong, by what browser and computer told of themselves (promise C9)."""

from dataclasses import dataclass

from support.models import Case


@dataclass(frozen=True)
class Fault:
    """In a few words, and what to try first; both for staff."""

    title: str
    hint: str


def likely_faults(case: Case) -> list[Fault]:
    """The most likely one first; empty if nothing strikes the eye."""
    return []
