"""Sentry: only with SENTRY_DSN, then with nothing of anybody, and named in the policies. A server of the test's own takes what is sent."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from privacy.registry import registry
from tests.server import ROOT

CANARIES = (
    "canary-name",
    "canary-password",
    "canary@example.com",
    "canary-cookie",
    "canary-header",
    "canary-query",
    "canary-local",
    "canary-row",
    "198.51.100.9",
)
BREAK = """
import logging, sys
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
from django.db import IntegrityError
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from infacta.celery import app
import infacta.urls
import sentry_sdk

canaries = {canaries!r}

def broken(request):
    local = request.POST["name"] + canaries[6]
    raise IntegrityError("no room for " + canaries[2] + "\\nDETAIL: Failing row contains (" + canaries[7] + ")")

infacta.urls.urlpatterns.insert(0, path("broken/", broken, name="broken"))
browser = Client(raise_request_exception=False, REMOTE_ADDR=canaries[8])
browser.cookies["c"] = canaries[3]
form = {{"name": canaries[0], "password": canaries[1], "email": canaries[2]}}
answer = browser.post("/broken/?q=" + canaries[5], form, headers={{"X-Something": canaries[4]}})
assert answer.status_code == 500
print(answer["X-Request-ID"])

@app.task(name="tests.breaks")
def breaks(email):
    raise RuntimeError(email + " is in the way")

breaks.apply(args=[canaries[2]], throw=False)
logging.getLogger("tests").error("The page %s of %s broke.", "/resources/password/MQ/c7x-0123456789abcdef0123456789abcdef/", canaries[2])
sentry_sdk.flush(10)
"""


class Service:
    """Takes envelopes, as Sentry does."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.bodies.append((gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body).decode())
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def dsn(self) -> str:
        return f"http://key@127.0.0.1:{self.server.server_port}/1"

    @property
    def events(self) -> list[dict]:
        return [json.loads(line) for body in self.bodies for line in body.splitlines() if '"exception"' in line or '"logentry"' in line]


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.server.shutdown()


def run(folder: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, with the site set up."""
    own = {"INFACTA_MODE": "test", "DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3"}
    start = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'infacta.settings'\nimport django; django.setup()\n"
    return subprocess.run(
        [sys.executable, "-c", start + code], cwd=ROOT, env=os.environ | own | variables, capture_output=True, text=True, check=False
    )


def test_nothing_of_whoever_met_the_error_goes_out(service, tmp_path):
    result = run(tmp_path, BREAK.format(canaries=CANARIES), SENTRY_DSN=service.dsn, SENTRY_POLICY_URL="https://errors.example/privacy")
    assert result.returncode == 0, result.stderr
    sent = "\n".join(service.bodies)
    for canary in CANARIES:
        assert canary not in sent, canary
    assert "c7x-0123456789" not in sent
    view, task, told = service.events
    assert view["tags"] == {"request_id": result.stdout.split()[0], "view": "broken"}
    assert view["exception"]["values"][-1]["type"] == "IntegrityError"
    assert view["exception"]["values"][-1]["value"] == "no room for (address)\nDETAIL: (values)"
    assert task["tags"]["task"] == "tests.breaks"
    assert "(address) is in the way" in task["exception"]["values"][-1]["value"]
    assert told["logentry"] == {"formatted": "The page /resources/password/(link)/ of (address) broke."}
    for event in service.events:
        assert set(event) <= {
            *("event_id", "timestamp", "level", "logger", "platform", "sdk", "environment", "release", "tags", "logentry", "exception"),
        }
        for one in event.get("exception", {}).get("values", []):
            assert all(
                set(frame) <= {"filename", "module", "function", "lineno", "context_line", "in_app"}
                for frame in one["stacktrace"]["frames"]
            )


REFUSED = """
import sentry_sdk
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
call_command("migrate", verbosity=0)
print(Client().post("/language/", {f"field-{number}": "" for number in range(1_100)}).status_code, len(mail.outbox))
sentry_sdk.flush(10)
"""


def test_what_a_stranger_is_refused_is_no_fault(service, tmp_path):
    """Django logs it at ERROR: as often as somebody likes, there would be events and mails, and real faults among them."""
    result = run(tmp_path, REFUSED, SENTRY_DSN=service.dsn, SENTRY_POLICY_URL="https://errors.example/", ERROR_MAIL_TO="ops@vendor.example")
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["400", "0"]
    assert "django.security.TooManyFieldsSent" in result.stderr
    assert service.events == []


def test_a_service_that_is_away_stops_nothing(tmp_path):
    result = run(
        tmp_path, BREAK.format(canaries=CANARIES), SENTRY_DSN="http://key@127.0.0.1:9/1", SENTRY_POLICY_URL="https://errors.example/privacy"
    )
    assert result.returncode == 0, result.stderr


def test_without_it_the_library_is_not_even_imported(tmp_path):
    result = run(tmp_path, "import sys, infacta.urls; print([name for name in sys.modules if name.startswith('sentry_sdk')])")
    assert result.stdout.strip() == "[]", result.stderr


POLICIES = """
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
from django.core.management import call_command
from django.test import Client
call_command("check", fail_level="ERROR")
call_command("migrate", verbosity=0)
for path in ("/privacy/", "/privacy/resources/", "/privacy/promotions/"):
    answer = Client().get(path)
    print(path, answer.status_code, "errors.vendor.example" in answer.content.decode(), "https://errors.example/privacy" in answer.content.decode())
"""


def test_the_policies_name_it_when_it_is_there(tmp_path):
    result = run(tmp_path, POLICIES, SENTRY_DSN="https://key@errors.vendor.example/1", SENTRY_POLICY_URL="https://errors.example/privacy")
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines() if line.startswith("/")]
    assert [line[1:] for line in lines] == [["200", "True", "True"]] * 3, lines


def test_otherwise_nobody_is_named():
    assert "error-service" not in {recipient.slug for recipient in registry.recipients}
    assert "error-reports" not in {flow.slug for flow in registry.flows}


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SENTRY_DSN": "errors.vendor.example"}, "SENTRY_DSN is no address of a project"),
        ({"SENTRY_DSN": "https://key@errors.vendor.example/1"}, "SENTRY_POLICY_URL is not set"),
        ({"ERROR_MAIL_TO": "ops"}, "ERROR_MAIL_TO holds 'ops'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is 'xml'"),
        ({"METRICS_NETWORKS": "10.0.0.1/8"}, "METRICS_NETWORKS: 10.0.0.1/8 has host bits set"),
        ({"DISK_LEAST_MB": "0"}, "DISK_LEAST_MB is 0"),
    ],
)
def test_a_wrong_value_stops_the_start(tmp_path, variables, sentence):
    result = run(tmp_path, "", **variables)
    assert result.returncode != 0
    assert sentence in result.stderr


def test_mails_about_errors_are_declared(tmp_path):
    result = run(
        tmp_path,
        "from django.core.management import call_command; call_command('check', fail_level='ERROR')",
        ERROR_MAIL_TO="ops@vendor.example",
    )
    assert result.returncode == 0, result.stderr
