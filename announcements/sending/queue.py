"""The deliveries of an announcement as a queue (docs/decisions/sending.md): claimed in chunks, intended in groups before the wire, settled with
the counters. Whatever a worker writes is fenced by the token of its claim, so one that is too late writes nothing.

Here stands the plain SQL of the sending; PostgreSQL and SQLite both read it.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, NamedTuple, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from announcements.models import Announcement, Delivery, DeliveryState

log = logging.getLogger(__name__)

COUNTED = ("sent", "failed", "skipped", "unknown")  # states, and the counters of the same names
MARGIN = timedelta(minutes=2)  # a worker ends this long before its lease does, so that no sweep takes what it has on the wire
LONGEST_ANSWER = 300

CLAIM = """
    WITH chosen AS MATERIALIZED (
        SELECT id FROM announcements_delivery
        WHERE announcement_id = %s AND state IN ('pending', 'retry') AND next_try_at <= %s ORDER BY next_try_at LIMIT %s {skip_locked}
    )
    UPDATE announcements_delivery SET state = 'claimed', lease_token = %s, lease_until = %s
    WHERE id IN (SELECT id FROM chosen)
    RETURNING id
"""
# A token stands in a row only while a worker has it in hand, so nothing need be said of states below; and the planner finds rows by their ids.
RESULT = "result (id, state, answer, next_try_at, settled_at, untried) AS (VALUES {rows})"
SETTLE = """
    UPDATE announcements_delivery
    SET state = result.state, answer = result.answer, next_try_at = result.next_try_at, attempts = attempts - result.untried,
        settled_at = CASE WHEN result.state IN ('pending', 'retry') THEN NULL ELSE result.settled_at END, lease_token = '', lease_until = NULL
    FROM result
    WHERE announcements_delivery.id = result.id AND lease_token = %s
    RETURNING announcements_delivery.state
"""
# The sums come from a sub-query that is joined, for another worker may hold the row: then PostgreSQL adds them to what that one has written.
COUNT = """
    UPDATE announcements_announcement
    SET sent = announcements_announcement.sent + more.sent, failed = announcements_announcement.failed + more.failed,
        skipped = announcements_announcement.skipped + more.skipped, unknown = announcements_announcement.unknown + more.unknown
    FROM (
        SELECT count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'failed') AS failed,
               count(*) FILTER (WHERE state = 'skipped') AS skipped, count(*) FILTER (WHERE state = 'unknown') AS unknown
        FROM settled
    ) AS more
    WHERE announcements_announcement.id = %s AND more.sent + more.failed + more.skipped + more.unknown > 0
"""
INTEND = """
    UPDATE announcements_delivery SET state = 'sending', attempts = attempts + 1
    WHERE id IN ({ids}) AND lease_token = %s
      AND EXISTS (SELECT 1 FROM announcements_announcement WHERE id = %s AND state = 'sending')
    RETURNING id, attempts
"""
T = TypeVar("T")


class Result(NamedTuple):
    """What became of one delivery; `untried`: it was intended, and then not begun."""

    delivery: int
    state: DeliveryState
    answer: str
    next_try_at: datetime
    untried: bool = False


@dataclass(frozen=True)
class Claim:
    """Deliveries that are this worker's alone until `until` (of the monotonic clock, in seconds)."""

    announcement: int
    token: str
    until: float
    deliveries: list[int]


def claim(announcement_id: int, most: int) -> Claim:
    """Take up to `most` deliveries that wait; two workers never get the same one. On SQLite one statement excludes others by itself."""
    now, token = timezone.now(), token_hex(16)
    until = time.monotonic() + (Delivery.LEASE - MARGIN).total_seconds()
    skip_locked = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    ids = rows(CLAIM.format(skip_locked=skip_locked), [announcement_id, moment(now), most, token, moment(now + Delivery.LEASE)])
    return Claim(announcement_id, token, until, sorted(pk for (pk,) in ids))


def turn(held: Claim, results: Sequence[Result], group: Sequence[int]) -> dict[int, int]:
    """Settle what is behind, and commit the intent for what is ahead, in one transaction; from a delivery that may go out now to its attempt.

    None may if the announcement is not being sent any more. It may be called again when nobody knows whether it was committed: what of `group`
    stands as intended by this very claim was not begun. On PostgreSQL it is one statement, for this is what a mail costs.
    """
    if not group:
        settle(held, results)
        return {}
    intend = INTEND.format(ids=", ".join(["%s"] * len(group)))
    intended: list[Any] = [*group, held.token, held.announcement]
    if connection.vendor != "postgresql":
        with transaction.atomic():
            settle(held, results)
            return dict(rows(intend, intended))
    if not results:
        return dict(rows(intend, intended))
    settled, parameters = with_results(held, results)
    return dict(rows(f"{settled}, settled AS ({SETTLE}), counted AS ({COUNT}) {intend}", [*parameters, held.announcement, *intended]))


def settle(held: Claim, results: Sequence[Result]) -> None:
    """Write results and counters in one transaction. A result whose claim has lapsed meanwhile changes neither."""
    if not results:
        return
    settled, parameters = with_results(held, results)
    with transaction.atomic():
        states = Counter(state for (state,) in rows(f"{settled} {SETTLE}", parameters))
        counted = {name: F(name) + states[name] for name in COUNTED if states[name]}
        if counted:
            Announcement.objects.filter(pk=held.announcement).update(**counted)


def with_results(held: Claim, results: Sequence[Result]) -> tuple[str, list[Any]]:
    """The beginning of a statement to which SETTLE belongs, and the parameters of both."""
    now = moment(timezone.now())
    parameters: list[Any] = []
    for result in results:
        parameters += (
            result.delivery,
            result.state.value,
            result.answer[:LONGEST_ANSWER],
            moment(result.next_try_at),
            now,
            int(result.untried),
        )
    values = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(results))
    return f"WITH {RESULT.format(rows=values)}", [*parameters, held.token]


def moment(value: datetime) -> Any:
    """As the database's driver takes it."""
    return connection.ops.adapt_datetimefield_value(value)


def rows(sql: str, parameters: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def release(held: Claim) -> int:
    """Give back what was claimed and not intended; returns how many."""
    claimed = Delivery.objects.filter(pk__in=held.deliveries, lease_token=held.token, state=DeliveryState.CLAIMED)
    return claimed.update(state=DeliveryState.PENDING, lease_token="", lease_until=None)


def persistently(work: Callable[[], T], until: float) -> T:
    """Do it again, until `until`, when the database goes away: what the relay said must be written down, and `work` may be done twice."""
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            log.warning("The database is away (%s); what the relay answered is written once it is back.", type(error).__name__)
            connection.close()
            time.sleep(0.2)


# The sweeps


def reclaim(now: datetime) -> int:
    """Deliveries of workers that did not report back: what was only claimed waits again; what may be on its way is unknown, and never sent
    again by itself. Returns how many."""
    abandoned = Delivery.objects.abandoned(now)
    announcements = list(abandoned.order_by().values_list("announcement", flat=True).distinct())
    return sum(reclaim_of(announcement, now) for announcement in announcements)


@transaction.atomic
def reclaim_of(announcement_id: int, now: datetime) -> int:
    ended = {"lease_token": "", "lease_until": None}
    abandoned = Delivery.objects.filter(announcement=announcement_id).abandoned(now)
    returned = abandoned.filter(state=DeliveryState.CLAIMED).update(state=DeliveryState.PENDING, next_try_at=now, **ended)
    answer = "The worker or its connection ended before the relay's answer was written down."
    unknown = abandoned.filter(state=DeliveryState.SENDING).update(state=DeliveryState.UNKNOWN, answer=answer, settled_at=now, **ended)
    Announcement.objects.filter(pk=announcement_id).update(unknown=F("unknown") + unknown)
    return returned + unknown


@transaction.atomic
def skip_rest(announcement_id: int, most: int) -> int:
    """Of a cancelled announcement: up to `most` that wait will never go out; returns how many."""
    waiting = Delivery.objects.filter(announcement=announcement_id, state__in=[DeliveryState.PENDING, DeliveryState.RETRY])
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True)
    ids = list(waiting.order_by().values_list("pk", flat=True)[:most])
    skipped = Delivery.objects.filter(pk__in=ids).update(
        state=DeliveryState.SKIPPED, answer="The announcement was cancelled.", settled_at=timezone.now()
    )
    Announcement.objects.filter(pk=announcement_id).update(skipped=F("skipped") + skipped)
    return skipped
