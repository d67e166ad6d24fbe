"""Whether work is done, judged by what database and broker told: each answers with what is wrong, or "".

A sweep that is through leaves a trace (privacy/heartbeat.py). Where none is, the broker tells who is away: messages that nobody takes are the
workers' fault, and no messages are beat's.
"""

from datetime import timedelta

from django.utils import timezone

from operations.health.parts import Broker, Database, expected
from privacy.looks.sweeps import all_late

SILENT = timedelta(minutes=3)
"""Some sweep is through every other second, and each is noted once a minute."""
UNKNOWN = "unknown: the database did not tell"


def migrations(database: Database) -> str:
    if database.applied is None:
        return UNKNOWN
    missing = sorted(expected() - database.applied)
    return f"{len(missing)} are not applied, the first is {missing[0][0]} {missing[0][1]}" if missing else ""


def workers(database: Database, broker: Broker | None) -> str:
    """Without a broker the embedded worker does it all."""
    silent = silence(database)
    if silent and (broker is None or broker.waiting != 0):
        return silent
    return "" if silent else late(database)


def beat(database: Database, broker: Broker) -> str:
    """Whoever wakes the workers: nobody has, if none has worked and nothing waits for one."""
    silent = silence(database)
    return f"nothing waits for a worker, and {silent}" if silent and broker.waiting == 0 else ""


def silence(database: Database) -> str:
    """How long no sweep at all was through; "" if that is not long."""
    if database.runs is None:
        return UNKNOWN
    latest = max((run.ended_at for run in database.runs if run.ended_at), default=None)
    if latest is None:
        return "no sweep was ever through"
    return f"no sweep was through since {latest:%Y-%m-%d %H:%M:%S} UTC" if latest < timezone.now() - SILENT else ""


def late(database: Database) -> str:
    """Which sweeps are late although others are through."""
    said = all_late({run.task: run for run in database.runs or ()}, timezone.now())
    return f"{len(said)} sweeps are late: {', '.join(said[:5])}" if said else ""
