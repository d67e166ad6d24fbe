"""What monitoring costs: a public page with and without it, and what Prometheus waits for."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from bench import stage
from bench.figures import Figure
from operations.metrics import exposing, rows

ROUNDS = 9
EVENTS = 200_000


def counting() -> Iterator[Figure]:
    """What ids and counting add to a request, counted in files as under gunicorn, beside the start page without them: processor time."""
    folder = stage.FOLDER / "figures"
    folder.mkdir()
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    command = [sys.executable, "-m", "bench.monitoring_cost"]
    said = subprocess.run(command, cwd=stage.ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    page, added = map(float, said.split())
    yield Figure("start page without monitoring, processor time", page, "µs")
    yield Figure("what monitoring adds to a request", added, "µs")
    yield Figure("start page without monitoring / with it", page / (page + added), goal=0.95)


def scraping() -> Iterator[Figure]:
    """What rows tell, with many audit events, most of them unsealed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditevent (kind, at, detail) SELECT 'login.failed', %s::timestamptz - n * interval '1 second', '{}' "
            "FROM generate_series(1, %s) n",
            [timezone.now() - timedelta(seconds=1), EVENTS],
        )
        cursor.execute("ANALYZE audit_auditevent")
    times = []
    for _round in range(ROUNDS):
        exposing.kept.clear()
        began = time.perf_counter()
        text = exposing.of_rows()
        times.append(time.perf_counter() - began)
    assert b"infacta_rows_readable 1.0" in text
    assert f"infacta_audit_unsealed {rows.MOST:.1f}".encode() in text
    yield Figure(f"figures of the rows, {EVENTS:,} audit events", min(times) * 1000, "ms", goal=100, at_most=True)


MEASURES = (counting, scraping)
