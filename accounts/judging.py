"""What the detectors say of a batch of new events: the same for the run that keeps it, and for the rehearsal that only tells."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from accounts.audit_windows import (
    OF_ACCOUNTS,
    OF_NETWORKS,
    Batch,
    Decided,
    Decisions,
    Subject,
    account_windows,
    decided_at,
    network_windows,
)
from accounts.detectors import Detector, Event, Sign


class Found(NamedTuple):
    """What one detector found of one subject, in the order of time; the last sign is the strongest. Events up to `since` were left out."""

    detector: Detector
    subject: Subject
    signs: list[Sign]
    since: datetime | None


def judged(batch: Batch, decisions: Decisions) -> Iterator[Found]:
    """Everything that is found in windows with new events. What staff (or a hold) have decided is not looked at a second time.

    `decisions` tells when findings of these subjects were last decided.
    """
    for windows, detectors in ((account_windows(batch), OF_ACCOUNTS), (network_windows(batch), OF_NETWORKS)):
        for chunk in windows:
            decided = decisions([subject for subject, _events in chunk])
            for subject, events in chunk:
                yield from found_of(batch, subject, events, detectors, decided)


def found_of(batch: Batch, subject: Subject, events: list[Event], detectors: Iterable[Detector], decided: Decided) -> Iterator[Found]:
    """What each of the detectors finds of one subject."""
    for detector in detectors:
        since = decided_at(decided, detector.slug, subject)
        undecided = [event for event in events if event.at > since] if since else events
        start = next((number for number, event in enumerate(undecided) if event.id in batch.new), len(undecided))
        if signs := list(detector.judge(undecided, start)):
            yield Found(detector, subject, signs, since)
