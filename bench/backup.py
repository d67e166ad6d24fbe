"""Backup and restore of a site with many rows and files: how long a bad day is. For information; docs/backup.md names the figures."""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
from django.conf import settings
from django.db import connection

from bench import stage
from bench.figures import Figure
from operations.backup import newest

EVENTS = int(os.environ.get("BENCH_EVENTS", "1000000"))
FILES = int(os.environ.get("BENCH_FILES", "20"))
SIZE = 50_000_000
SMALL = int(os.environ.get("BENCH_CASE_FILES", "5000"))
RESTORED = f"{stage.POSTGRES.removesuffix('_bench')}_restored_bench"
MEGABYTES = 1_000_000


def there_and_back() -> Iterator[Figure]:
    fill()
    folder = stage.FOLDER / "backups"
    took = seconds("backup", folder)
    made = newest(folder)
    assert made is not None
    rows = sum(made.manifest.rows.values())
    dump = made.manifest.parts["database.dump"]["bytes"] / MEGABYTES
    yield Figure(f"backup of {rows:,} rows and {made.manifest.files:,} files", took, "s")
    yield Figure("its size", made.bytes / MEGABYTES, "MB")
    yield Figure("its dump", dump, "MB")
    yield Figure("backup", made.bytes / MEGABYTES / took, "MB/s")
    yield Figure("the next backup, which links what did not change", seconds("backup", folder), "s")
    yield Figure("verifying", made.bytes / MEGABYTES / seconds("verify_backup", made.path), "MB/s")
    recreate(RESTORED)
    took = seconds("restore", made.path, DATABASE_URL=RESTORED, DATA_DIR=str(stage.FOLDER / "restored"))
    recreate(RESTORED, drop_alone=True)
    yield Figure("restoring it, up to where the site may serve", took, "s")
    yield Figure("restoring", made.bytes / MEGABYTES / took, "MB/s")


def fill() -> None:
    """Events with a detail each, as they make the most rows of a site; large release files, and many small sealed ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditevent (kind, at, ip, detail) SELECT 'login.succeeded', now() - interval '1 minute', '203.0.113.9', "
            "jsonb_build_object('area', 'resources', 'browser', md5(n::text)) FROM generate_series(1, %s) AS n",
            [EVENTS],
        )
    for number in range(FILES):
        write(settings.RELEASE_FILES_DIR / f"{number}.zip", os.urandom(SIZE))
    for number in range(SMALL):
        name = hashlib.md5(str(number).encode()).hexdigest()
        write(settings.CASE_FILES_DIR / name[:2] / name / "file", os.urandom(4000))


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def seconds(command: str, folder: Path, **environment: str) -> float:
    """How long the command takes as a process of its own, its start included."""
    began = time.monotonic()
    process = stage.start(sys.executable, "manage.py", command, str(folder), **environment)
    assert process.wait() == 0, (stage.FOLDER / f"{Path(sys.executable).name}.log").read_text()[-2000:]
    return time.monotonic() - began


def recreate(address: str, drop_alone: bool = False) -> None:
    server, _, name = address.rpartition("/")
    opened = psycopg2.connect(f"{server}/postgres")
    opened.autocommit = True
    with opened.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if not drop_alone:
            cursor.execute(f'CREATE DATABASE "{name}"')
    opened.close()


MEASURES = (there_and_back,)
