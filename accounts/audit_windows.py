"""Which events detectors judge: a batch of new ones, the accounts and networks that they touch, and the windows before them.

What is read follows the new events and not the history: by the index of an account, or of failures by network, and no further back than
the longest window.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from ipaddress import ip_network
from itertools import groupby
from operator import or_
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Q

from accounts.detectors import DETECTORS, Detector, Event
from audit.models import AuditEvent
from infacta.network import network_of

COLUMNS = ("id", "kind", "at", "user_id", "ip", "detail", "actor_id")
CHUNK = 500  # subjects whose events are fetched by one query
MOST_EVENTS = 5_000  # of one subject: whoever leaves more in a window is judged by the latest of them

OF_ACCOUNTS = tuple(detector for detector in DETECTORS if not detector.of_networks)
OF_NETWORKS = tuple(detector for detector in DETECTORS if detector.of_networks)


class Subject(NamedTuple):
    """An account, or a network."""

    user_id: int | None
    network: str = ""


@dataclass(frozen=True)
class Batch:
    """New events: their ids, when the first of them happened, whom they touch, and a condition for the events not later than they."""

    new: frozenset[int]
    first_at: datetime
    accounts: list[int]
    networks: list[str]
    seen: Q


Decided = dict[tuple[str, Subject], datetime]  # by detector; "" stands for all of them
Decisions = Callable[[Sequence[Subject]], Decided]


def decided_at(decided: Decided, slug: str, subject: Subject) -> datetime | None:
    """What happened up to then was decided for this detector; None if nothing was."""
    return max((decided[key] for key in ((slug, subject), ("", subject)) if key in decided), default=None)


def event_of(row: Sequence[Any]) -> Event:
    """What staff did has their address, which says nothing of the customer."""
    pk, kind, at, user_id, ip, detail, actor_id = row
    return Event(pk, kind, at, user_id, None if actor_id else ip, detail)


def kinds_of(detectors: Iterable[Detector]) -> frozenset[str]:
    return frozenset().union(*(detector.kinds for detector in detectors))


KINDS = kinds_of(DETECTORS)
ACCOUNT_KINDS, NETWORK_KINDS = kinds_of(OF_ACCOUNTS), kinds_of(OF_NETWORKS)
LONGEST = max(detector.window for detector in DETECTORS)


def batch_of(rows: Iterable[Sequence[Any]], seen: Q) -> Batch | None:
    """The batch of these rows (id, kind, at, user_id, ip, …); None if no detector looks at any of them."""
    rows = [row for row in rows if row[1] in KINDS]
    if not rows:
        return None
    return Batch(
        new=frozenset(row[0] for row in rows),
        first_at=min(row[2] for row in rows),
        accounts=sorted({row[3] for row in rows if row[3] and row[1] in ACCOUNT_KINDS}),
        networks=sorted({network_of(row[4]) for row in rows if row[4] and row[1] in NETWORK_KINDS}),
        seen=seen,
    )


def windows_of(batch: Batch, detectors: Iterable[Detector]) -> Q:
    """The events that these detectors need: of each kind, as far back as the longest window in which it is looked at."""
    longest: dict[tuple[str, Q], timedelta] = {}
    for detector in detectors:
        for kind in detector.kinds | detector.also:
            wanted = (kind, detector.only)
            longest[wanted] = max(longest.get(wanted, detector.window), detector.window)
    together: dict[tuple[timedelta, Q], list[str]] = defaultdict(list)
    for (kind, only), window in sorted(longest.items(), key=lambda item: item[0][0]):
        together[window, only].append(kind)
    return reduce(or_, (Q(only, kind__in=kinds, at__gte=batch.first_at - window) for (window, only), kinds in together.items()))


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def account_windows(batch: Batch) -> Iterator[list[tuple[Subject, list[Event]]]]:
    """In chunks: the accounts of the batch that are loud enough for some detector, and their events in order."""
    wanted = batch.seen & windows_of(batch, OF_ACCOUNTS) & Q(at__gte=batch.first_at - LONGEST)
    for chunk in chunks(batch.accounts):
        if accounts := loud(batch, chunk):
            rows = AuditEvent.objects.filter(wanted, user__in=accounts).order_by("user", "at", "id").values_list(*COLUMNS)
            grouped = groupby(rows.iterator(chunk_size=5_000), key=lambda row: row[3])
            yield [(Subject(user_id), [*map(event_of, deque(some, MOST_EVENTS))]) for user_id, some in grouped]


def loud(batch: Batch, accounts: Sequence[int]) -> list[int]:
    """Those of the accounts that have as many events as one of the detectors needs at least: the others cost no more than this count."""
    enough = {
        detector.slug: Count("pk", filter=Q(detector.only, kind__in=detector.kinds, at__gte=batch.first_at - detector.window))
        for detector in OF_ACCOUNTS
    }
    events = AuditEvent.objects.filter(batch.seen, user__in=accounts, kind__in=ACCOUNT_KINDS, at__gte=batch.first_at - LONGEST)
    counted = events.order_by().values("user").annotate(**enough)
    return list(
        counted.filter(reduce(or_, (Q(**{f"{detector.slug}__gte": detector.least}) for detector in OF_ACCOUNTS)))
        .order_by("user")
        .values_list("user", flat=True)
    )


def network_windows(batch: Batch) -> Iterator[list[tuple[Subject, list[Event]]]]:
    """In chunks: the networks of the batch from which enough failed, and their events in order: failures, and the log-ins of those accounts."""
    since = batch.first_at - max(detector.window for detector in OF_NETWORKS)
    least = min(detector.least for detector in OF_NETWORKS)
    for chunk in chunks(batch.networks):
        events = AuditEvent.objects.filter(batch.seen, in_networks(chunk), kind__in=NETWORK_KINDS, at__gte=since)
        failures: dict[str, deque[Event]] = defaultdict(lambda: deque(maxlen=MOST_EVENTS))
        for row in events.order_by("at", "id").values_list(*COLUMNS).iterator(chunk_size=5_000):
            failures[network_of(row[4])].append(event_of(row))
        yield [
            (Subject(None, network), with_logins(batch, network, failures[network], since))
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
