"""The whole site in production mode, each part a process of its own: nginx with a local authority's certificate, gunicorn, a Celery worker
and beat, on the run's PostgreSQL and Redis, with a relay that takes the mails. Nothing in it is a stand-in but the relay.
gunicorn and Celery run in the filter of system calls of their units (sandbox.py).

The name of the site leads nowhere: curl and Chromium are told where it is, and everything else is as visitors meet it, port 443 included.
"""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
import redis
from django.conf import settings
from django.db import connection

from bench.own_servers import ROOT, free_port
from downloads.signing import make_key
from tests.databases import database_address
from tests.nginx import Nginx
from tests.purchases.partner_side import SECRET
from tests.relay import Relay, running_relay
from tests.waiting import wait_for

HOST = "customers.vendor.example"
ADDRESS = f"https://{HOST}"


@dataclass
class Answer:
    """What curl brought: of several answers on the way, the last."""

    status: int
    version: str
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class WholeSite:
    folder: Path
    nginx: Nginx
    relay: Relay
    environment: dict[str, str]
    browsers: int = field(default=0)

    @property
    def leading_here(self) -> list[str]:
        """Options for curl: the name of the site leads to this nginx, in plain too."""
        to = [f"{HOST}:443:127.0.0.1:{self.nginx.port}", f"{HOST}:80:127.0.0.1:{self.nginx.plain_port}"]
        return ["--cacert", str(self.nginx.authority), *(word for way in to for word in ("--connect-to", way))]

    def curl(self) -> "Curl":
        """A browser of its own: with a jar of its own for cookies."""
        self.browsers += 1
        return Curl(self, self.folder / f"jar{self.browsers}.txt")

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )


@dataclass
class Curl:
    site: WholeSite
    jar: Path
    page: str = ""

    def ask(self, path: str, *options: str) -> Answer:
        """HTTP/2 where it is spoken, with the cookies of this browser, and as coming from the page that it saw last."""
        address = path if path.startswith("http") else f"{ADDRESS}{path}"
        came_from = ["--referer", self.page] if self.page else []
        command = ["curl", "-sS", "-i", "--http2", "-b", str(self.jar), "-c", str(self.jar), "-w", "\n%{url_effective}", "--max-time", "30"]
        done = subprocess.run([*command, *self.site.leading_here, *came_from, *options, address], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        whole, _newline, effective = done.stdout.rpartition(b"\n")
        self.page = effective.decode()
        return answer_in(whole)

    def follow(self, path: str, *options: str) -> Answer:
        return self.ask(path, "-L", *options)

    def send(self, path: str, form: Answer, **fields: str) -> Answer:
        """The form that stands on this page, filled in."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
        assert token, form.text
        values = {"csrfmiddlewaretoken": token[1]} | fields
        return self.ask(path, *(word for name, value in values.items() for word in ("--data-urlencode", f"{name}={value}")))


def answer_in(raw: bytes) -> Answer:
    while True:
        head, _empty, rest = raw.partition(b"\r\n\r\n")
        if not (rest.startswith(b"HTTP/") and re.match(rb"HTTP/\S+ (1|30)", head)):
            break
        raw = rest
    first, *lines = head.decode().split("\r\n")
    pairs = [(name.lower(), value.strip()) for name, _colon, value in (line.partition(":") for line in lines)]
    version, status = first.split(" ")[:2]
    return Answer(int(status), version, dict(pairs), [value for name, value in pairs if name == "set-cookie"], rest)


def environment_of(folder: Path, port: int, relay: Relay) -> dict[str, str]:
    """As .env.example has it, with values of the test's own."""
    keys = {}
    for name in ("SIGNING", "LICENCE", "UPDATE"):
        keys[f"{name}_KEY_FILE"] = str(folder / f"{name.lower()}-key.pem")
        make_key(folder / f"{name.lower()}-key.pem")
    return keys | {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "INFACTA_MODE": "production",
        "SITE_URL": ADDRESS,
        "VENDOR_ADDRESS": "Vendor Ltd, 1 Example Street",
        "SUPPORT_EMAIL": "support@vendor.example",
        "PRIVACY_EMAIL": "privacy@vendor.example",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DATABASE_URL": database_address(),
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": f"infacta-test-{secrets.token_hex(4)}:",
        "DATA_DIR": str(folder),
        "DOWNLOADS_DELIVERY": "nginx",
        "TRUSTED_PROXIES": "127.0.0.1",
        "EMAIL_URL": f"smtp://127.0.0.1:{relay.port}",
        "MAIL_FROM": "Vendor <site@vendor.example>",
        "STANDARD_WEBHOOKS_SECRETS": SECRET,
        "STANDARD_WEBHOOKS_NAME": "Partner of the test",
        "STANDARD_WEBHOOKS_POLICY_URL": "https://partner.vendor.example/privacy",
        "BIND": f"127.0.0.1:{port}",
        "WEB_WORKERS": "1",
        "LOG_LEVEL": "WARNING",
    }


@dataclass
class Parts:
    """Processes of one site, all told to end before any is waited for."""

    folder: Path
    environment: dict[str, str]
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, name: str, *command: str) -> None:
        """As infacta-NAME.service starts it, in as much of its sandbox as can be had without systemd."""
        with (self.folder / f"{name}.log").open("w") as log:
            sandbox = [sys.executable, "-m", "tests.deploy.sandbox", f"infacta-{name}.service"]
            program = Path(sys.executable).with_name(command[0])
            self.running.append(subprocess.Popen([*sandbox, program, *command[1:]], cwd=ROOT, env=self.environment, stdout=log, stderr=log))

    def end(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(60)


@contextmanager
def whole_site(folder: Path) -> Iterator[WholeSite]:
    with ExitStack() as parts:
        relay = parts.enter_context(running_relay(SimpleNamespace()))
        port = free_port()
        environment = environment_of(folder, port, relay)
        parts.callback(forget_keys, environment["REDIS_PREFIX"])
        processes = Parts(folder, environment)
        parts.callback(processes.end)
        celery = ("celery", "--app", "infacta")
        processes.start("worker", *celery, "worker", "--concurrency", "2", "--loglevel", "WARNING")
        processes.start("beat", *celery, "beat", "--schedule", str(folder / "beat"), "--pidfile=", "--loglevel", "WARNING")
        collected = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(collected, cwd=ROOT, env=environment, check=True)
        processes.start("web", "gunicorn", "infacta.wsgi")
        nginx = parts.enter_context(Nginx(folder, port, HOST).running())
        site = WholeSite(folder, nginx, relay, environment)
        browser = site.curl()
        wait_for(lambda: browser.ask("/contact/").status == 200, 90)
        yield site


def forget_keys(prefix: str) -> None:
    server = redis.Redis.from_url(settings.REDIS_URL)
    for key in server.scan_iter(f"{prefix}*"):
        server.delete(key)


@pytest.fixture
def site(own_disk: Path) -> Iterator[WholeSite]:
    if connection.vendor != "postgresql" or not settings.REDIS_URL:
        pytest.skip("the whole site runs on PostgreSQL and Redis: set DATABASE_URL and REDIS_URL, as .ci/run does")
    own_disk.chmod(0o755)
    with whole_site(own_disk) as running:
        yield running
