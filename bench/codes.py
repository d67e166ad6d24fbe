"""The online check of unlock codes, among a hundred thousand of them; and the list of revoked codes, as long as it may get."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Throttle
from bench import stage
from bench.cast import make_customer
from bench.figures import Figure
from downloads.codes.revoked import whole
from downloads.models import Entitlement, RevocationList, UnlockCode

CODES = 100_000
PORT = 8250
TRIES = 300
MILLISECONDS = 1_000
CHECK = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local number = 0
request = function()
  number = number + 1
  wrk.headers["X-Forwarded-For"] = "10." .. number % 251 .. "." .. math.floor(number / 251) % 251 .. ".1"
  return wrk.format(nil, "/downloads/check/", nil, BODY)
end
"""


def make_codes(owned: Entitlement, first: int, last: int, revoked: bool) -> None:
    """Codes of units from `first` to `last`; their digests are right, and their texts pass no check, which nobody asks the database for."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO downloads_unlockcode (entitlement_id, unit, code, digest, licence_id, issued_at, revoked_at, revoked_for)
            SELECT %s, n, 'BENCH-' || n, encode(sha256(('BENCH-' || n)::bytea), 'hex'), gen_random_uuid(), now(),
                   CASE WHEN %s THEN now() END, CASE WHEN %s THEN 'reissued' ELSE '' END
            FROM generate_series(%s, %s) n
            """,
            [owned.pk, revoked, revoked, first, last],
        )
        cursor.execute("ANALYZE downloads_unlockcode")


def checks() -> Iterator[Figure]:
    """Through gunicorn with two workers, from many networks, each of which is counted for itself."""
    owned = make_customer("codes@example.com", downloads=0).entitlements.first()
    code = owned.unlock_codes.get().code
    few = queries_of(lambda client: ask(client, code))
    make_codes(owned, 1001, 1000 + CODES, revoked=False)
    yield Figure("queries of a check, and of one among 100,000", queries_of(lambda client: ask(client, code)), goal=few, at_most=True)
    script = stage.FOLDER / "check.lua"
    script.write_text(CHECK.replace("BODY", json.dumps(json.dumps({"code": code}))))
    with stage.gunicorn("infacta.wsgi", PORT, TRUSTED_PROXIES="127.0.0.1"):
        command = [stage.need("wrk", "wrk"), "-t1", "-c4", "-d5s", "-s", str(script), f"http://127.0.0.1:{PORT}/"]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in report, report
    yield Figure("checks a second with 100,000 codes", float(report.partition("Requests/sec:")[2].split()[0]))


def ask(client: Client, code: str) -> None:
    Throttle.objects.all().delete()
    assert client.post("/downloads/check/", {"code": code}, content_type="application/json").json()["state"] == "active"


def queries_of(work: Callable[[Client], None]) -> int:
    client = Client(SERVER_NAME="localhost")
    work(client)
    with CaptureQueriesContext(connection) as queries:
        work(client)
    return len(queries)


def revoked() -> Iterator[Figure]:
    """A list of a hundred thousand revoked codes: what is fetched by one product, and by whoever wants all of it."""
    owned = Entitlement.objects.filter(user__email="codes@example.com").first()
    make_codes(owned, 1_000_001, 1_000_000 + CODES, revoked=True)
    RevocationList.objects.count_change()
    assert UnlockCode.objects.filter(revoked_at__isnull=False).count() >= CODES
    client = Client(SERVER_NAME="localhost")
    response = client.get("/downloads/revoked-codes/a7.json")
    yield Figure("one part of 100,000 revoked codes", len(response.content) / 1_000, "kB")
    etag = {"If-None-Match": response["ETag"]}
    yield Figure("one part", each(lambda: client.get("/downloads/revoked-codes/a7.json")), "ms", goal=20, at_most=True)
    yield Figure(
        "one part, not modified", each(lambda: client.get("/downloads/revoked-codes/a7.json", headers=etag)), "ms", goal=5, at_most=True
    )
    whole.clear()
    began = time.monotonic()
    size = len(client.get("/downloads/revoked-codes.json").content)
    yield Figure("the whole list, made", time.monotonic() - began, "s", goal=5, at_most=True)
    yield Figure("the whole list", size / 1_000_000, "MB")
    yield Figure("the whole list, ready made", each(lambda: client.get("/downloads/revoked-codes.json"), 20), "ms")


def each(work: Callable[[], object], tries: int = TRIES) -> float:
    """How many milliseconds the application takes for one, all middleware included."""
    began = time.monotonic()
    for _try in range(tries):
        work()
    return (time.monotonic() - began) / tries * MILLISECONDS


MEASURES = (checks, revoked)
