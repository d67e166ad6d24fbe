"""An announcement under fire: workers are killed, Redis and PostgreSQL restarted. Both servers are started for this alone, for nobody else's may be.

`python -m bench.announcements_fire RECIPIENTS` is the driver, in a process whose Django knows these servers; it prints what came of it as JSON.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bench import stage
from bench.figures import Figure

POSTGRES_PORT, REDIS_PORT = 18590, 18591
KILLS, INTENTS = 8, 20
RECIPIENT = re.compile(rb"^X-Rcpt-Args: <([^>]*)>", re.MULTILINE)


def under_fire(recipients: int) -> Iterator[Figure]:
    with own_postgres() as postgres, own_redis() as redis:
        own = {"DATABASE_URL": postgres, "REDIS_URL": redis, "ANNOUNCEMENTS_INTENTS": str(INTENTS)}
        driver = subprocess.run(
            [sys.executable, "-m", "bench.announcements_fire", str(recipients)],
            cwd=stage.ROOT,
            env=os.environ | own | {"FIRE_FOLDER": str(stage.FOLDER)},
            stdout=subprocess.PIPE,
            check=True,
        )
    found = json.loads(driver.stdout.splitlines()[-1])
    yield Figure("under fire, recipients", found["total"], goal=recipients)
    yield Figure("under fire, sent", found["sent"])
    yield Figure("under fire, mailed twice", found["twice"], goal=0, at_most=True)
    yield Figure("under fire, unaccounted", found["unaccounted"], goal=0, at_most=True)
    yield Figure("under fire, mails that the counters say were sent and the relay never saw", found["missing"], goal=0, at_most=True)
    yield Figure("under fire, unknown", found["unknown"], goal=KILLS * INTENTS, at_most=True)
    yield Figure("under fire, minutes", found["seconds"] / 60)


# The servers


def as_postgres(*command: str) -> None:
    program = str(next(Path("/usr/lib/postgresql").glob(f"*/bin/{command[0]}")))
    changed = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*changed, program, *command[1:]], cwd="/", check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def own_postgres() -> Iterator[str]:
    folder = stage.FOLDER / "postgres"
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    as_postgres("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
    try:
        as_postgres("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", f"-p {POSTGRES_PORT} -k {folder}", "start")
        as_postgres("createdb", "-h", "127.0.0.1", "-p", str(POSTGRES_PORT), "-U", "postgres", "infacta_fire")
        yield f"postgres://postgres@127.0.0.1:{POSTGRES_PORT}/infacta_fire"
    finally:
        as_postgres("pg_ctl", "-D", data, "-m", "immediate", "stop")


def restart_postgres(folder: Path) -> None:
    as_postgres("pg_ctl", "-D", str(folder / "postgres" / "data"), "-w", "-m", "fast", "-l", f"{folder}/postgres/log", "restart")


@contextlib.contextmanager
def own_redis() -> Iterator[str]:
    process = start_redis()
    try:
        yield f"redis://127.0.0.1:{REDIS_PORT}/0"
    finally:
        subprocess.run(["redis-cli", "-p", str(REDIS_PORT), "shutdown", "nosave"], check=False, stderr=subprocess.DEVNULL)
        process.wait(10)


def start_redis() -> "subprocess.Popen[bytes]":
    process = stage.start(stage.need("redis-server", "redis-server"), "--port", str(REDIS_PORT), "--bind", "127.0.0.1", "--save", "")
    stage.await_port(REDIS_PORT, process)
    return process


# The driver


def drive(recipients: int) -> dict[str, float]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from announcements.models import Announcement, State
    from bench.announcements import announcement, fill

    fill(recipients)
    row = announcement()
    dump = stage.FOLDER / "fire.dump"
    sink = stage.start(stage.need("smtp-sink", "postfix"), "-u", "root", "-D", str(dump), f"127.0.0.1:{stage.SMTP_PORT}", "200")
    workers = [start_worker(number) for number in range(2)]
    beat = stage.start(stage.program("celery"), "-A", "infacta", "beat", "-s", str(stage.FOLDER / "fire-beat"), "--pidfile=")
    began = time.monotonic()
    try:
        for kill in range(KILLS):
            wait_for(lambda kill=kill: seen(dump).total() >= recipients * (kill + 1) // (KILLS + 2))
            stage.stop(workers[kill % 2], signal.SIGKILL)
            workers[kill % 2] = start_worker(10 + kill)
            if kill == 2:
                subprocess.run(["redis-cli", "-p", str(REDIS_PORT), "shutdown", "nosave"], check=False)
                start_redis()
            if kill == 5:
                restart_postgres(stage.FOLDER)
                connection.close()
        after_the_last(workers)
        wait_for(lambda: Announcement.objects.get(pk=row.pk).state == State.SENT)
    finally:
        for process in (*workers, beat, sink):
            stage.stop(process, signal.SIGKILL)
    row.refresh_from_db()
    relay_saw = seen(dump)
    sent = set(row.deliveries.filter(state="sent").values_list("mailbox__email", flat=True))
    return {
        "total": row.total,
        "sent": row.sent,
        "unknown": row.unknown,
        "twice": relay_saw.total() - len(relay_saw),
        "unaccounted": abs(row.total - row.done) + abs(row.deliveries.count() - row.done) + row.failed + row.skipped,
        "missing": len(sent - relay_saw.keys()),
        "seconds": time.monotonic() - began,
    }


def after_the_last(workers: "list[subprocess.Popen[bytes]]") -> None:
    """Leases are five minutes long; nobody waits for those of the dead: workers end in peace, and what is in hand then is nobody's."""
    from django.utils import timezone

    from announcements.models import Delivery

    for worker in workers:
        stage.stop(worker)
    Delivery.objects.filter(lease_until__gt=timezone.now()).update(lease_until=timezone.now())
    workers[:] = [start_worker(20 + number) for number in range(2)]


def start_worker(number: int) -> "subprocess.Popen[bytes]":
    return stage.start(stage.program("celery"), "-A", "infacta", "worker", "-c", "1", "-n", f"fire{number}@%h")


def seen(dump: Path) -> Counter[bytes]:
    return Counter(address.decode() for address in RECIPIENT.findall(dump.read_bytes())) if dump.exists() else Counter()


def wait_for(reached, most: float = 600) -> None:
    """The servers may be away for a moment."""
    from django.db import InterfaceError, OperationalError, connection

    deadline = time.monotonic() + most
    while time.monotonic() < deadline:
        try:
            if reached():
                return
        except (OperationalError, InterfaceError):
            connection.close()
        time.sleep(0.1)


if __name__ == "__main__":
    stage.FOLDER = Path(os.environ["FIRE_FOLDER"])
    stage.SMTP_PORT = urlsplit(os.environ["EMAIL_URL"]).port or stage.SMTP_PORT
    print(json.dumps(drive(int(sys.argv[1]))))
