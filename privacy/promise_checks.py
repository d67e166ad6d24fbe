"""Whether promises are kept, asked of the running system. Each app registers what it can tell in its own `promise_checks.py`.

The tests prove that the code keeps a promise; these say whether this installation keeps it today. `manage.py check_promises` asks them all,
and a sweep does every hour, so that pages need one query (privacy/promise_states.py). Those of `privacy` itself stand in privacy/looks/.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infacta.patience import within
from privacy.ledger import LEDGER, NUMBERS, Promise
from privacy.models.promise import Outcome, worst

__all__ = ["Finding", "Outcome", "Standing", "checks", "findings", "standings"]

log = logging.getLogger(__name__)
LONGEST = 10
"""Seconds that one query of a check may take: a check that is too slow here cannot tell, and does no harm."""


@dataclass(frozen=True)
class Finding:
    """What one check says of one promise, and by what it knows. Evidence names numbers and counts, and nobody."""

    promise: str
    outcome: Outcome
    evidence: str
    check: str = ""


@dataclass(frozen=True)
class Standing:
    """One promise, how it stands, and what was found about it."""

    promise: Promise
    outcome: Outcome
    findings: list[Finding]

    @property
    def evidence(self) -> str:
        """What decided."""
        return next((one.evidence for one in self.findings if one.outcome == self.outcome), "nothing here can tell")


Check = Callable[[], tuple[Outcome, str]]
registered: list[tuple[tuple[str, ...], Check]] = []


def checks(*promises: str) -> Callable[[Check], Check]:
    """Register a function that says of these promises, by their numbers, whether they are kept, and by what it knows that."""

    def register(check: Check) -> Check:
        if unknown := [promise for promise in promises if promise not in NUMBERS]:
            raise ValueError(f"{check.__name__} speaks of {', '.join(unknown)}: privacy/ledger.py knows no such promise.")
        registered.append((promises, check))
        return check

    return register


def findings(progress: Callable[[str], None] = lambda check: None) -> Iterator[Finding]:
    """What all of them say, by the order of the ledger. Each looks once, however many promises it speaks of. `progress` hears which is asked."""
    said = []
    for promises, check in registered:
        progress(check.__name__)
        said.append((promises, check.__name__, *told_by(check)))
    for number in NUMBERS:
        for promises, name, outcome, evidence in said:
            if number in promises:
                yield Finding(number, outcome, evidence, name)


def standings(progress: Callable[[str], None] = lambda check: None) -> list[Standing]:
    """Every promise of the ledger; of which nothing here can tell, nobody can tell."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings(progress):
        found[finding.promise].append(finding)
    return [Standing(promise, worst(one.outcome for one in found[promise.number]), found[promise.number]) for promise in LEDGER]


def told_by(check: Check) -> tuple[Outcome, str]:
    """A check that breaks cannot tell, and keeps no other from telling. What its error says may be somebody's, and stays in the log."""
    try:
        with within(LONGEST):
            return check()
    except Exception as error:
        log.warning("The check %s could not look: %s", check.__name__, type(error).__name__)
        log.debug("It broke here:", exc_info=True)
        return Outcome.UNKNOWN, f"{check.__name__} could not look: {type(error).__name__}"
