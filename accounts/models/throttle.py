"""Throttles: how often something may be tried. One row a key, one statement a try."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, models
from django.utils.crypto import salted_hmac


@dataclass(frozen=True)
class Limit:
    """`burst` tries at once, then one every `interval` seconds (the generic cell rate algorithm)."""

    name: str
    burst: int
    interval: float


# One try, counted in one statement, whatever else happens at the same time: the row is made, or moved on if it is free enough.
# Plain SQL, for a log-in asks this twice, and what is not Argon2 should cost little.
COUNT_ONE_TRY = """
    INSERT INTO accounts_throttle AS throttle (key, free_at) VALUES (%(key)s, %(now)s + %(interval)s)
    ON CONFLICT (key) DO UPDATE SET free_at = {later}(throttle.free_at, %(now)s) + %(interval)s
    WHERE throttle.free_at <= %(now)s + %(slack)s
"""

GIVE_BACK_ONE_TRY = "UPDATE accounts_throttle SET free_at = free_at - %(interval)s WHERE key = %(key)s"


class ThrottleManager(models.Manager["Throttle"]):
    def admit(self, limit: Limit, subject: str) -> bool:
        """Count one try of `subject`; False if it comes too soon. Safe under any concurrency: the database decides in one statement."""
        later = "MAX" if connection.vendor == "sqlite" else "GREATEST"
        values: dict[str, str | float] = {
            "key": key_of(limit, subject),
            "now": time.time(),
            "interval": float(limit.interval),
            "slack": float((limit.burst - 1) * limit.interval),
        }
        with connection.cursor() as cursor:
            cursor.execute(COUNT_ONE_TRY.format(later=later), values)
            return bool(cursor.rowcount)

    def give_back(self, tries: Iterable[tuple[Limit, str]]) -> None:
        """Undo one try of each, and no more: a success must not wipe out others' failures."""
        with connection.cursor() as cursor:
            for limit, subject in tries:
                cursor.execute(GIVE_BACK_ONE_TRY, {"key": key_of(limit, subject), "interval": float(limit.interval)})


class Throttle(models.Model):
    """When the next try of a key is free, in seconds since 1970. Keys are keyed hashes: nobody can be read from them."""

    key = models.CharField(max_length=64, primary_key=True)
    free_at = models.FloatField(db_index=True)

    objects = ThrottleManager()

    def __str__(self) -> str:
        return self.key


def key_of(limit: Limit, subject: str) -> str:
    return salted_hmac(f"throttle:{limit.name}", subject, algorithm="sha256").hexdigest()
