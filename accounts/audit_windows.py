"""Which events detectors judge: a batch of new ones, the accounts and networks that they touch, and the windows before them.

What is read follows the new events and not the history: by the index of an account, or of failures by network, and no further back than
the longest window.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from ipaddress import ip_network
from itertools import groupby
from operator import itemgetter, or_
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from accounts.detectors import DETECTORS, Detector, Event
from audit.models import AuditEvent
from infacta.network import UNKNOWN, network_of

COLUMNS = ("id", "kind", "at", "user_id", "ip", "detail", "actor_id")
COLUMNS_OF_NEW = ("id", "kind", "at", "user_id", "ip", "detail__known")
CHUNK = 1_000  # subjects whose events are fetched by one query
MOST_EVENTS = 5_000  # of one subject: whoever leaves more in a window is judged by the latest of them

OF_ACCOUNTS = tuple(detector for detector in DETECTORS if not detector.of_networks)
OF_NETWORKS = tuple(detector for detector in DETECTORS if detector.of_networks)
NETWORK_KINDS = frozenset().union(*(detector.kinds for detector in OF_NETWORKS))
DETECTORS_OF = {
    kind: tuple(detector for detector in DETECTORS if kind in detector.kinds | detector.also)
    for detector in DETECTORS
    for kind in detector.kinds | detector.also
}


class Subject(NamedTuple):
    """An account, or a network."""

    user_id: int | None
    network: str = ""

    def __str__(self) -> str:
        return f"account {self.user_id}" if self.user_id else f"network {self.network}"


@dataclass(frozen=True)
class Batch:
    """New events: their ids, when the first of them happened, the accounts of which each detector has a new event, the networks, and
    a condition for the events that are not later than they."""

    new: frozenset[int]
    first_at: datetime
    accounts: dict[str, list[int]]
    networks: list[str]
    seen: Q


class Windows(NamedTuple):
    """The events of a subject that are judged by these detectors."""

    subject: Subject
    detectors: tuple[Detector, ...]
    events: list[Event]


Decided = dict[tuple[str, Subject], datetime]  # by detector; "" stands for all of them
Decisions = Callable[[Sequence[Subject]], Decided]


def decided_at(decided: Decided, slug: str, subject: Subject) -> datetime | None:
    """What happened up to then was decided for this detector; None if nothing was."""
    return max((decided[key] for key in ((slug, subject), ("", subject)) if key in decided), default=None)


def event_of(row: Sequence[Any]) -> Event:
    """What staff did has their address, which says nothing of the customer. What is no table of facts tells none."""
    pk, kind, at, user_id, ip, detail, actor_id = row
    return Event(pk, kind, at, user_id, None if actor_id else ip, detail if isinstance(detail, dict) else {})


def touches(event: Event, detector: Detector) -> bool:
    """Whether a new event may change what this detector says. A log-in never makes a network more suspicious."""
    return detector.wants(event) and (event.kind in detector.kinds or not detector.of_networks)


def batch_of(rows: Iterable[Sequence[Any]], seen: Q) -> Batch | None:
    """The batch of these rows (COLUMNS_OF_NEW); None if no detector looks at any of them."""
    new: dict[int, datetime] = {}
    accounts: dict[str, set[int]] = defaultdict(set)
    networks: set[str] = set()
    for pk, kind, at, user_id, ip, known in rows:
        event = Event(pk, kind, at, user_id, ip, {"known": known})
        for detector in DETECTORS_OF.get(kind, ()):
            if touches(event, detector):
                new[pk] = at
                if detector.of_networks:
                    networks.add(event.network)
                elif user_id:
                    accounts[detector.slug].add(user_id)
    if not new:
        return None
    by_detector = {slug: sorted(some) for slug, some in accounts.items()}
    return Batch(frozenset(new), min(new.values()), by_detector, sorted(networks - {UNKNOWN}), seen)


def window_of(batch: Batch, detector: Detector, kinds: Iterable[str]) -> Q:
    """The events of these kinds that count for a detector, back to the beginning of the first window with a new event."""
    return batch.seen & detector.only & Q(kind__in=sorted(kinds), at__gte=batch.first_at - detector.window)


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def account_windows(batch: Batch) -> Iterator[list[Windows]]:
    """In chunks: the accounts of the batch that are loud enough for a detector, with the events that it wants, in order."""
    for detector in OF_ACCOUNTS:
        for chunk in chunks(batch.accounts.get(detector.slug, [])):
            yield [*windows_for(batch, detector, loud_accounts(batch, detector, chunk))]


def windows_for(batch: Batch, detector: Detector, accounts: Sequence[int]) -> Iterator[Windows]:
    """What one detector wants of each of these accounts: of one that leaves very much, the latest."""
    if accounts:
        events = AuditEvent.objects.filter(window_of(batch, detector, detector.kinds | detector.also), user__in=accounts)
        rows = events.order_by("user_id", "at", "id").values_list(*COLUMNS).iterator(chunk_size=5_000)
        for user_id, some in groupby(rows, key=itemgetter(3)):
            yield Windows(Subject(user_id), (detector,), [*map(event_of, deque(some, MOST_EVENTS))])


def loud_accounts(batch: Batch, detector: Detector, accounts: Sequence[Any]) -> list[int]:
    """Those of the accounts that have what the detector needs at least. Quiet ones cost no more than this count."""
    events = AuditEvent.objects.filter(window_of(batch, detector, detector.kinds), user__in=accounts)
    needs = {f"need_{number}": need for number, need in enumerate(detector.enough())}
    counts = {name: need.counted(Q(kind__in=sorted(need.kinds))) for name, need in needs.items()}
    enough = reduce(or_, (Q(**{f"{name}__gte": need.least}) for name, need in needs.items()))
    return list(events.order_by().values("user").annotate(**counts).filter(enough).order_by("user_id").values_list("user", flat=True))


def network_windows(batch: Batch) -> Iterator[list[Windows]]:
    """In chunks: the networks of the batch from which enough failed, and their events in order: failures, and the log-ins of those accounts."""
    since = batch.first_at - max(detector.window for detector in OF_NETWORKS)
    least = min(detector.least for detector in OF_NETWORKS)
    for chunk in chunks(batch.networks):
        events = AuditEvent.objects.filter(batch.seen, in_networks(chunk), kind__in=NETWORK_KINDS, at__gte=since)
        failures: dict[str, deque[Event]] = defaultdict(lambda: deque(maxlen=MOST_EVENTS))
        for row in events.order_by("at", "id").values_list(*COLUMNS).iterator(chunk_size=5_000):
            failures[network_of(row[4])].append(event_of(row))
        yield [
            Windows(Subject(None, network), OF_NETWORKS, with_logins(batch, network, failures[network], since))
            for network in chunk
            if len(failures[network]) >= least
        ]


def in_networks(networks: Sequence[str]) -> Q:
    """Events from these networks. Only PostgreSQL compares addresses; elsewhere every IPv6 address is fetched, and sorted out by the caller."""
    inside = Q(ip__in=[network for network in networks if ":" not in network])
    sixes = [ip_network(network) for network in networks if ":" in network]
    if sixes and connection.vendor != "postgresql":
        return inside | Q(ip__contains=":")
    return reduce(or_, (Q(ip__gte=str(net[0]), ip__lte=str(net[-1])) for net in sixes), inside)


def with_logins(batch: Batch, network: str, failures: Iterable[Event], since: datetime) -> list[Event]:
    """The failures, and the log-ins of the accounts that failed from the same network: found by account, so logins need no index by address."""
    failed = list(failures)
    accounts = {event.user_id for event in failed if event.user_id}
    also = frozenset().union(*(detector.also for detector in OF_NETWORKS))
    rows = AuditEvent.objects.filter(batch.seen, user__in=accounts, kind__in=also, at__gte=since).values_list(*COLUMNS)
    entered = [event_of(row) for row in rows if network_of(row[4]) == network]
    return sorted(failed + entered, key=lambda event: (event.at, event.id))
