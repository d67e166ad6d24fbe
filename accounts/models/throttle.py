"""Throttles: how often something may be tried. One row a key, one statement a try."""

import time
from dataclasses import dataclass

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac


@dataclass(frozen=True)
class Limit:
    """`burst` tries at once, then one every `interval` seconds (the generic cell rate algorithm)."""

    name: str
    burst: int
    interval: float


class ThrottleManager(models.Manager["Throttle"]):
    def admit(self, limit: Limit, subject: str) -> bool:
        """Count one try of `subject`; False if it comes too soon. Safe under any concurrency: the database decides in one UPDATE."""
        key, now = key_of(limit, subject), time.time()
        self.bulk_create([Throttle(key=key, free_at=now)], ignore_conflicts=True)
        slack = (limit.burst - 1) * limit.interval
        admitted = self.filter(key=key, free_at__lte=now + slack)
        return bool(admitted.update(free_at=Greatest(F("free_at"), Value(now)) + limit.interval))

    def give_back(self, limit: Limit, subject: str) -> None:
        """Undo one try, and no more: a success must not wipe out others' failures."""
        self.filter(key=key_of(limit, subject)).update(free_at=F("free_at") - limit.interval)


class Throttle(models.Model):
    """When the next try of a key is free, in seconds since 1970. Keys are keyed hashes: nobody can be read from them."""

    key = models.CharField(max_length=64, primary_key=True)
    free_at = models.FloatField(db_index=True)

    objects = ThrottleManager()

    def __str__(self) -> str:
        return self.key


def key_of(limit: Limit, subject: str) -> str:
    return salted_hmac(f"throttle:{limit.name}", subject, algorithm="sha256").hexdigest()
