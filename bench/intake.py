"""Taking partners' notifications in: how many a second, how long the slowest hundredth takes, and what of it is verification.

Each notification is another order. Nothing works on them meanwhile: that is the workers' affair (group `foundation` measures both at once).
"""

import contextlib
import json
import re
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.request import urlopen

from standardwebhooks import Webhook

from bench import stage
from bench.figures import Figure
from purchases.models import WebhookEvent
from purchases.partners.base import Notice
from purchases.partners.standard_webhooks import StandardWebhooks

PORT, CLIENTS, SECONDS, PREPARED = 8251, 8, 10, 12_000
PATH = "/partners/standard-webhooks/notify/"
SCRIPT = """
local requests = dofile("REQUESTS")
local number = 0
request = function()
  number = number + 1
  local one = requests[number]
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["webhook-id"] = one[1], ["webhook-timestamp"] = one[2],
    ["webhook-signature"] = one[3]}, one[4])
end
"""


def notification(number: int) -> tuple[str, str, str, str]:
    """Number, time, signature and body, as the scheme's own SDK signs them."""
    at = datetime.now(UTC)
    moment = at.isoformat(timespec="seconds")
    line = {"line_number": 1, "product_code": "BENCH", "product_name": "Bench", "quantity": 1, "unit_price": "19.90"}
    buyer = {
        "email": f"buyer-{number}@example.com",
        "name": "Alice Archer",
        "address1": "12 Quay Street",
        "city": "Galway",
        "country": "IE",
    }
    data = {"order_reference": f"B-{number}", "purchased_at": moment, "currency": "EUR", "total": "19.90", "buyer": buyer, "lines": [line]}
    body = json.dumps({"type": "purchase.completed", "timestamp": moment, "data": data})
    event_id = f"msg_{uuid.uuid4().hex}"
    return event_id, str(int(at.timestamp())), Webhook(stage.SECRET).sign(event_id, at, body), body


def intake() -> Iterator[Figure]:
    """Eight clients over loopback, two sync workers, PostgreSQL: what is answered with 200 is there, and nothing else is."""
    prepared = [notification(number) for number in range(PREPARED)]
    requests, script = stage.FOLDER / "requests.lua", stage.FOLDER / "intake.lua"
    requests.write_text("return {" + ",\n".join("{" + ",".join(f"[==[{part}]==]" for part in one) + "}" for one in prepared) + "}")
    script.write_text(SCRIPT.replace("REQUESTS", str(requests)))
    with stage.gunicorn("infacta.wsgi", PORT) as server:
        warm_up()
        before = stage.cpu_of(server)
        command = [
            stage.need("wrk", "wrk"),
            "-t1",
            f"-c{CLIENTS}",
            f"-d{SECONDS}s",
            "--latency",
            "-s",
            str(script),
            f"http://127.0.0.1:{PORT}{PATH}",
        ]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        taken = stage.cpu_of(server) - before
    assert "Non-2xx" not in report, report
    answered, kept = int(re.findall(r"(\d+) requests in", report)[0]), WebhookEvent.objects.count()
    yield Figure("notifications accepted a second", float(report.partition("Requests/sec:")[2].split()[0]), goal=300)
    yield Figure("the slowest hundredth", milliseconds(re.findall(r"99%\s+([\d.]+\w+)", report)[0]), "ms", goal=100, at_most=True)
    yield Figure("kept and not answered (cut off at the end), at most a client each", kept - answered, goal=CLIENTS, at_most=True)
    yield Figure("answered and not kept", max(0, answered - kept), goal=0, at_most=True)
    yield Figure(
        "verification, of the application's time", 100 * verification(prepared[:1000]) / (taken / answered), "%", goal=5, at_most=True
    )


def warm_up() -> None:
    """Both workers have answered before the clock starts: what a worker loads once is loaded."""
    for _time in range(20):
        with contextlib.suppress(HTTPError):
            urlopen(f"http://127.0.0.1:{PORT}{PATH}", b"{}")


def milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def verification(prepared: list[tuple[str, str, str, str]]) -> float:
    """Seconds that one verification takes of the raw bytes."""
    partner, names = StandardWebhooks(), ("webhook-id", "webhook-timestamp", "webhook-signature")
    notices = [Notice(one[3].encode(), dict(zip(names, one, strict=False)), None) for one in prepared]
    began = time.process_time()
    for notice in notices:
        partner._verified_id(notice)
    return (time.process_time() - began) / len(notices)


MEASURES = (intake,)
