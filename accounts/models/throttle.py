"""Throttles: how often something may be tried. One row a key, one statement a try."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, models
from django.utils.crypto import salted_hmac

LEEWAY = 0.5
"""Seconds by which clocks that were read at one moment may differ; of a short interval a tenth, so that the limit still holds."""


@dataclass(frozen=True)
class Limit:
    """`burst` tries at once, then one every `interval` seconds (the generic cell rate algorithm)."""

    name: str
    burst: int
    interval: float

    def latest(self, now: float) -> float:
        """Up to when a row may be taken for a try to be admitted. Tries at one moment read their clocks, and then wait for each other's row: the last
        of them may have read the earliest time, and is no try too many.
        """
        return now + (self.burst - 1) * self.interval + min(LEEWAY, self.interval / 10)


# Tries are counted, and given back, in one statement whatever else happens at the same time: a row is made, or moved on if it is free
# enough. Plain SQL, for every log-in asks it, and what is not Argon2 should cost little. The rows come in the order of their keys, so that
# nobody waits for anybody in a circle.
COUNT = """
    INSERT INTO accounts_throttle AS throttle (key, free_at) VALUES {rows}
    ON CONFLICT (key) DO UPDATE SET free_at = {later}(throttle.free_at, %s) + (excluded.free_at - %s)
    WHERE throttle.free_at <= CASE throttle.key {limits} END
    RETURNING key
"""
GIVE_BACK = """
    INSERT INTO accounts_throttle AS throttle (key, free_at) VALUES {rows}
    ON CONFLICT (key) DO UPDATE SET free_at = throttle.free_at - (excluded.free_at - %s)
"""

Try = tuple[Limit, str]  # what limits it, and the subject that it counts against


class ThrottleManager(models.Manager["Throttle"]):
    def admit(self, limit: Limit, subject: str) -> bool:
        """Count one try of `subject`; False if it comes too soon."""
        return self.refusing([(limit, subject)]) is None

    def refusing(self, tries: Iterable[Try]) -> Limit | None:
        """Count one try of each subject, or of none: the limit that one of them is too soon for, None if all are admitted."""
        limits, now = keyed(tries), time.time()
        later = "MAX" if connection.vendor == "sqlite" else "GREATEST"
        statement = COUNT.format(rows=rows_for(limits), later=later, limits="WHEN %s THEN %s " * len(limits))
        latest = [value for key, limit in limits.items() for value in (key, limit.latest(now))]
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values_for(limits, now), now, now, *latest])
            admitted = {key for (key,) in cursor.fetchall()}
        refused = [limit for key, limit in limits.items() if key not in admitted]
        if refused and admitted:
            self._give_back({key: limits[key] for key in limits if key in admitted})
        return refused[0] if refused else None

    def give_back(self, tries: Iterable[Try]) -> None:
        """Undo one try of each, and no more: a success must not wipe out others' failures."""
        self._give_back(keyed(tries))

    def _give_back(self, limits: dict[str, Limit]) -> None:
        now = time.time()
        with connection.cursor() as cursor:
            cursor.execute(GIVE_BACK.format(rows=rows_for(limits)), [*values_for(limits, now), now])


def keyed(tries: Iterable[Try]) -> dict[str, Limit]:
    """The limits by the keys of their rows, in the order of the keys."""
    return dict(sorted((key_of(limit, subject), limit) for limit, subject in tries))


def rows_for(limits: Iterable[str]) -> str:
    return ", ".join("(%s, %s)" for _key in limits)


def values_for(limits: dict[str, Limit], now: float) -> list[str | float]:
    """The values of new rows: free again when the interval of one try is over."""
    return [value for key, limit in limits.items() for value in (key, now + limit.interval)]


class Throttle(models.Model):
    """When the next try of a key is free, in seconds since 1970. Keys are keyed hashes: nobody can be read from them."""

    key = models.CharField(max_length=64, primary_key=True)
    free_at = models.FloatField(db_index=True)

    objects = ThrottleManager()

    def __str__(self) -> str:
        return self.key


def key_of(limit: Limit, subject: str) -> str:
    return salted_hmac(f"throttle:{limit.name}", subject, algorithm="sha256").hexdigest()
