"""What scores lead to: a look by staff, or a hold at once (promise C4). docs/misuse.md says the same in words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from accounts.detectors import BY_SLUG

REVIEW_AT = 40
"""From this sum of its open findings on, an account or a network is in the queue of staff."""

HOLD_AT = 100
"""From this sum on, an account is put on hold: of open findings whose detector may hold, none of them older than ADDED_UP."""

ADDED_UP = timedelta(days=30)
FRESH = timedelta(days=2)
"""What happened longer ago than this when it is read leads to no hold any more: staff decide, not a detector that came late."""


class Scored(Protocol):
    """A finding, kept in the database or only imagined."""

    detector: str
    score: int
    last_at: datetime


def may_hold(finding: Scored) -> bool:
    return finding.detector in BY_SLUG and BY_SLUG[finding.detector].may_hold


def review_score(findings: Iterable[Scored]) -> int:
    """The sum of an account's open findings."""
    return sum(finding.score for finding in findings)


def reasons_to_hold(findings: Iterable[Scored], now: datetime) -> list[Scored]:
    """Those of an account's open findings that put it on hold now, the strongest first; none if they do not suffice.

    What outsiders can cause is left out of the sum, so nobody can have another's account held.
    """
    holding = [finding for finding in findings if may_hold(finding)]
    newest = max((finding.last_at for finding in holding), default=None)
    if newest is None or newest < now - FRESH:
        return []
    holding = [finding for finding in holding if finding.last_at >= newest - ADDED_UP]
    holding.sort(key=lambda finding: -finding.score)
    return holding if review_score(holding) >= HOLD_AT else []
