"""What the detectors say of a batch of new events: the same for the run that keeps it, and for the rehearsal that only tells."""

import logging
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from traceback import extract_tb
from typing import NamedTuple

from accounts.audit_windows import Batch, Decided, Decisions, Subject, Windows, account_windows, decided_at, network_windows
from accounts.detectors import Detector, Event, Sign

log = logging.getLogger(__name__)


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
    for chunk in chain(account_windows(batch), network_windows(batch)):
        decided = decisions([*{windows.subject for windows in chunk}])
        for windows in chunk:
            yield from found_of(batch, windows, decided)


def found_of(batch: Batch, windows: Windows, decided: Decided) -> Iterator[Found]:
    """What each of the detectors finds of one subject. One that breaks is reported: all the others are still to be asked, and everybody else."""
    for detector in windows.detectors:
        since = decided_at(decided, detector.slug, windows.subject)
        events = [event for event in windows.events if event.at > since] if since else windows.events
        start = next((number for number, event in enumerate(events) if event.id in batch.new), len(events))
        if signs := signs_of(detector, windows.subject, events, start):
            yield Found(detector, windows.subject, signs, since)


def signs_of(detector: Detector, subject: Subject, events: list[Event], start: int) -> list[Sign]:
    """What the detector says. One that breaks over somebody's events must not stop the watch over everybody: the log says so."""
    try:
        return list(detector.judge(events, start))
    except Exception as error:
        log.error("The detector %s broke at %s: %s.", detector.slug, subject, where(error))
        return []


def where(error: Exception) -> str:
    """What went wrong, and in which line, without its words: they may name somebody."""
    last = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.filename}, line {last.lineno}"
