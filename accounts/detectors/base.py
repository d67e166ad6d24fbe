"""What every detector of misuse is: a name, a sentence, declared parameters, and one method that judges the events of one subject."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from django.db.models import Count, Q
from django.utils.functional import Promise

from infacta.network import network_of, region_of

MOST_LISTED = 10  # of each thing that evidence names
Steps = tuple[tuple[int, int], ...]


class Event(NamedTuple):
    """One line of the audit log, as detectors read it."""

    id: int
    kind: str
    at: datetime
    user_id: int | None
    ip: str | None
    detail: Mapping[str, Any]

    @property
    def network(self) -> str:
        return network_of(self.ip)

    @property
    def region(self) -> str:
        """The /16 or /32; "" where no address is known."""
        return region_of(self.ip) if self.ip else ""

    @property
    def device(self) -> str:
        """Browser and system in words, such as "Firefox on Windows"; "" where none is known."""
        return str(self.detail.get("device") or "")

    @property
    def is_strange(self) -> bool:
        """A log-in by a browser that this account was not used in before. What nobody noted counts as known."""
        return self.detail.get("known") is False


class Sign(NamedTuple):
    """What a detector saw: how strong it is, in words, and the evidence. `first_at` and `last_at` are the first and last event of it."""

    score: int
    explanation: str
    evidence: dict[str, Any]
    first_at: datetime
    last_at: datetime


class Need(NamedTuple):
    """So many events of these kinds at least; or so many different values of `of` among them; or, with `again`, the same value so often
    as no fewer events can hold."""

    kinds: frozenset[str]
    least: int
    of: Any = None
    again: bool = False

    def counted(self, which: Q) -> Any:
        """The number that must reach `least`, of the events for which this condition holds."""
        if self.of is None:
            return Count("pk", filter=which)
        different = Count(self.of, distinct=True, filter=which)
        return Count("pk", filter=which) - different + 1 if self.again else different


@dataclass(frozen=True)
class Detector:
    """`window`: how long a time is looked at together. `least`: fewer events of `kinds` than this are never a sign; events of the
    kinds in `also` are looked at with them. `only` and `wants` say in SQL and in Python which events of those kinds count.

    `may_hold`: whether its findings count towards an automatic hold. What outsiders can cause, and what rests on addresses alone, does not.
    """

    slug: ClassVar[str]
    name: ClassVar[Promise]
    sentence: ClassVar[Promise]
    kinds: ClassVar[frozenset[str]]
    also: ClassVar[frozenset[str]] = frozenset()
    only: ClassVar[Q] = Q()
    of_networks: ClassVar[bool] = False
    may_hold: ClassVar[bool] = False

    window: timedelta
    least: int

    def judge(self, events: Sequence[Event], start: int) -> Iterator[Sign]:
        """The signs in the windows that end with an event from `start` on, in the order of time: each is stronger than the one before,
        and the last is the latest of the strongest.

        `events`: those of one account or network, in the order of time; other kinds are passed over.
        """
        start = sum(map(self.wants, events[:start]))
        events = [event for event in events if self.wants(event)]
        if len(events) < self.least or start == len(events):
            return
        strongest, latest = 0, None
        for seen in sliding(events, start, self.window, self.counted):
            score = self.score_of(seen) if len(seen) >= self.least else 0
            if score > strongest:
                strongest, latest = score, None
                yield self.sign(score, seen)
            elif score and score == strongest:
                latest = (seen.left, seen.right)
        if latest:
            yield self.sign(strongest, Seen.over(events, *latest, self.counted))

    counted: ClassVar[Mapping[str, Callable[[Event], Hashable]]] = {}

    def enough(self) -> list[Need]:
        """Where the database counts none of these, there is no sign, and nothing is read."""
        return [Need(self.kinds, self.least)]

    def wants(self, event: Event) -> bool:
        return event.kind in self.kinds or event.kind in self.also

    def score_of(self, seen: "Seen") -> int:
        """How strong a sign the events of a window are; 0 for none."""
        raise NotImplementedError

    def explanation_of(self, seen: "Seen") -> str:
        """What the window holds, in words."""
        raise NotImplementedError

    def evidence_of(self, seen: "Seen") -> dict[str, Any]:
        """The counts and short lists that the explanation rests on."""
        return {}

    def sign(self, score: int, seen: "Seen") -> Sign:
        evidence = {"events": len(seen), **self.evidence_of(seen), "event_ids": [event.id for event in spread(seen.events)]}
        return Sign(score, self.explanation_of(seen), evidence, seen.events[0].at, seen.events[-1].at)


class Seen:
    """The events of one window, and how often each value of what is counted occurs among them. "" and None are not counted."""

    def __init__(self, counted: Mapping[str, Callable[[Event], Hashable]]) -> None:
        self.counters = [(value_of, Counter[Any]()) for value_of in counted.values()]
        self.of = dict(zip(counted, (counter for _value_of, counter in self.counters), strict=True))
        self.all: Sequence[Event] = ()
        self.left = self.right = 0

    @classmethod
    def over(cls, events: Sequence[Event], left: int, right: int, counted: Mapping[str, Callable[[Event], Hashable]]) -> "Seen":
        """The window of these bounds."""
        seen = cls(counted)
        seen.all, seen.left, seen.right = events, left, left
        for event in events[left:right]:
            seen.add(event)
        return seen

    def __len__(self) -> int:
        return self.right - self.left

    @property
    def events(self) -> Sequence[Event]:
        return self.all[self.left : self.right]

    def distinct(self, name: str) -> int:
        return len(self.of[name])

    def add(self, event: Event) -> None:
        self.right += 1
        for value_of, counter in self.counters:
            if value := value_of(event):
                counter[value] += 1

    def remove(self, event: Event) -> None:
        self.left += 1
        for value_of, counter in self.counters:
            if value := value_of(event):
                counter[value] -= 1
                if not counter[value]:
                    del counter[value]


def sliding(events: Sequence[Event], start: int, window: timedelta, counted: Mapping[str, Callable[[Event], Hashable]]) -> Iterator[Seen]:
    """The window that ends with each event from `start` on: two pointers, each of which passes every event once."""
    seen = Seen(counted)
    oldest = events[start].at - window
    first = bisect_left(events, oldest, key=lambda event: event.at)
    seen.all, seen.left, seen.right = events, first, first
    for right in range(first, len(events)):
        event = events[right]
        seen.add(event)
        while events[seen.left].at < event.at - window:
            seen.remove(events[seen.left])
        if right >= start:
            yield seen


def reached(steps: Steps, count: int) -> int:
    """The score of the highest step that `count` reaches: steps are pairs (count, score), rising."""
    return max((score for least, score in steps if count >= least), default=0)


def listed(values: Iterable[Any]) -> list[Any]:
    """The most frequent values, as few as a person reads."""
    return [value for value, _times in Counter(values).most_common(MOST_LISTED)]


def spread(events: Sequence[Event]) -> list[Event]:
    """A few of the events: the first, the last, and some between."""
    step = max(1, -(-len(events) // MOST_LISTED))
    return [*events[:-1:step], events[-1]][: MOST_LISTED + 1]
