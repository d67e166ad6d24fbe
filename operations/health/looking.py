"""Whether the parts that the site needs are there: each is asked at the same time, in a thread of its own, for two seconds at most.

django-health-check runs the checks and bounds them; its view is not ours (docs/decisions/monitoring.md).
"""

import asyncio
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from asgiref.sync import async_to_sync
from health_check.base import HealthCheck

from infacta.kept import Kept
from operations.health.parts import Broker, Database, Disk, expected
from operations.health.work import beat, migrations, workers

log = logging.getLogger(__name__)
KEPT_SECONDS = 1.0
kept: Kept[tuple["Part", ...]] = Kept(KEPT_SECONDS, most=1)
looking = Lock()
said: dict[str, bool] = {}
"""What this process told its log last of each part, so that the log has a line when it changes, and not at each look."""


@dataclass(frozen=True)
class Part:
    """One part; `detail` is for staff alone, "" where nothing is wrong."""

    name: str
    detail: str = ""

    @property
    def is_ready(self) -> bool:
        return not self.detail


def parts() -> tuple[Part, ...]:
    """How every part stands. Many who ask at once are answered by one look, which is kept for a second."""
    if found := kept.get("parts"):
        return found
    with looking:
        if not (found := kept.get("parts")):
            found = look()
            kept.put("parts", found)
            tell(found)
    return found


def look() -> tuple[Part, ...]:
    expected()  # not while the clock of the look is running
    database, broker, disk = Database(), Broker(), Disk()
    told = ask(database, broker, disk)
    found = [Part("database", told[0]), Part("migrations", migrations(database)), Part("disk", told[2])]
    if broker.is_used:
        found += [Part("broker", told[1]), Part("workers", workers(database, broker)), Part("beat", beat(database, broker))]
    else:
        found.append(Part("workers", workers(database, None)))
    return tuple(found)


def ask(*checks: HealthCheck) -> list[str]:
    """What is wrong with each; "" for what is well."""

    async def all_at_once() -> list[str]:
        with threads(len(checks)) as executor:
            results = await asyncio.gather(*(check.get_result(executor) for check in checks))
        return [str(result.error) if result.error else "" for result in results]

    return async_to_sync(all_at_once)()


@contextmanager
def threads(number: int) -> Iterator[ThreadPoolExecutor]:
    """Nobody waits for a thread that hangs: its own limits end it a little later. The event loop's own threads would be waited for."""
    executor = ThreadPoolExecutor(number, thread_name_prefix=f"health-{os.getpid()}")
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def tell(found: tuple[Part, ...]) -> None:
    for part in found:
        if said.get(part.name, True) != part.is_ready:
            log.warning("%s: %s", part.name, "well again" if part.is_ready else part.detail)
        said[part.name] = part.is_ready
