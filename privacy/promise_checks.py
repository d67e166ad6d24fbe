"""Whether promises are kept, asked of the running system. Each app registers what it can tell in its own `promise_checks.py`.

The tests prove that the code keeps a promise; these say whether this installation keeps it today. `manage.py check_promises` asks them all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError


class Outcome(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True)
class Finding:
    """What one check says of one promise, and by what it knows."""

    promise: str
    outcome: Outcome
    evidence: str


Check = Callable[[], tuple[Outcome, str]]
registered: list[tuple[tuple[str, ...], Check]] = []


def checks(*promises: str) -> Callable[[Check], Check]:
    """Register a function that says of these promises, by their numbers, whether they are kept, and by what it knows that."""

    def register(check: Check) -> Check:
        registered.append((promises, check))
        return check

    return register


def findings() -> Iterator[Finding]:
    """All of them, by the numbers of the promises. A check that breaks cannot tell, and keeps no other from telling."""
    for promise in sorted({promise for promises, _check in registered for promise in promises}):
        for promises, check in registered:
            if promise in promises:
                yield Finding(promise, *told_by(check))


def told_by(check: Check) -> tuple[Outcome, str]:
    try:
        return check()
    except (DatabaseError, OSError) as error:
        return Outcome.UNKNOWN, f"{check.__name__} could not look: {type(error).__name__}"
