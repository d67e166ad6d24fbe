"""A new release comes while visitors come: no request is lost, nobody waits for a reload, and the new code answers (docs/deploying.md)."""

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.own_nginx import HOST, OwnNginx, can_have_nginx
from bench.own_servers import ROOT, HeldSocket, gunicorn
from tests.server import ask

CLIENTS = 4
PROGRAM = """
from infacta.wsgi import application as site

def application(environ, start_response):
    return site(environ, lambda status, headers, exc=None: start_response(status, [*headers, ("X-Release", {release!r})], exc))
"""


@dataclass
class Site:
    """gunicorn with a program that says which release it is, and its clients' answers."""

    folder: Path
    socket: HeldSocket
    answers: list[tuple[float, float, int, str]] = field(default_factory=list)
    """When it began and ended, its status (0: no answer), and the release that answered."""
    stopping: bool = False

    def release(self, name: str) -> None:
        (self.folder / "released.py").write_text(PROGRAM.format(release=name))

    def start(self) -> None:
        own = {
            "INFACTA_MODE": "test",
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder}/site.sqlite3",
            "WEB_WORKERS": "2",
        }
        with (self.folder / "log").open("ab") as output:
            command = [gunicorn()[0], "released:application"]
            paths = {
                "PYTHONPATH": str(self.folder),
                "PYTHONDONTWRITEBYTECODE": "1",
                "TRUSTED_PROXIES": "127.0.0.1",
                "ALLOWED_HOSTS": f"localhost,{HOST}",
            }
            self.web = self.socket.start(command, output, **own, **paths)

    def ask_on_and_on(self, port: int, tls: bool, keeps: bool) -> None:
        connection = None
        while not self.stopping:
            began, status, release = time.monotonic(), 0, ""
            try:
                connection = connection or connect(port, tls)
                connection.request("GET", "/contact/", headers={"Host": HOST if tls else "localhost"})
                answer = connection.getresponse()
                answer.read()
                status, release = answer.status, answer.headers.get("X-Release", "")
            except (OSError, http.client.HTTPException):
                pass
            self.answers.append((began, time.monotonic(), status, release))
            if connection and (not keeps or not status or answer.headers.get("Connection") == "close"):
                connection = connection.close()
            time.sleep(0.01)

    def wait_for(self, release: str) -> None:
        """Until this release answers, and no other does any more."""
        end = time.monotonic() + 60
        while len(self.answers) < CLIENTS or {answer[3] for answer in self.answers[-3 * CLIENTS :]} != {release}:
            assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)

    @property
    def lost(self) -> list[int]:
        return [status for _began, _ended, status, _release in self.answers if status != 200]


def connect(port: int, tls: bool) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection = http.client.HTTPSConnection(HOST, port, timeout=60, context=ssl._create_unverified_context())
    connection._create_connection = lambda _address, *more: http.client.socket.create_connection(("127.0.0.1", port), *more)
    return connection


@pytest.fixture(params=["gunicorn itself", "nginx with TLS"])
def site(request, tmp_path) -> Iterator[Site]:
    """Under load; where nginx is before it, through nginx."""
    tls = request.param != "gunicorn itself"
    if tls and not can_have_nginx():
        pytest.skip("needs nginx and openssl (.ci/run installs them)")
    running = Site(tmp_path, HeldSocket())
    running.release("one")
    running.start()
    front = OwnNginx(tmp_path, running.socket.port) if tls else None
    port = front.port if front else running.socket.port
    ask(running.socket.port, "/contact/")
    clients = [threading.Thread(target=running.ask_on_and_on, args=(port, tls, number % 2 == 0)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    running.wait_for("one")
    yield running
    running.stopping = True
    for client in clients:
        client.join()
    os.killpg(running.web.pid, signal.SIGKILL)
    running.web.wait()
    if front:
        front.end()
    running.socket.end()


def test_a_reload_loses_no_request_and_brings_the_new_code(site):
    for release in ("two", "three"):
        site.release(release)
        reloaded = time.monotonic()
        site.web.send_signal(signal.SIGHUP)
        site.wait_for(release)
        old = [began for began, _ended, _status, by in site.answers if by != release and began > reloaded + 0.5]
        assert len(old) > CLIENTS, "while the new release is being read, the old one answers"
    assert site.lost == []


def test_a_restart_behind_the_held_socket_loses_no_request(site):
    site.release("two")
    site.web.send_signal(signal.SIGTERM)
    assert site.web.wait(40) == 0
    site.start()
    site.wait_for("two")
    assert site.lost == []


def test_the_master_reads_nothing_of_the_site():
    """What it has read its workers inherit: a reload would go on with the old code of it."""
    program = "import runpy, sys; runpy.run_path('gunicorn.conf.py'); print([name for name in sys.modules if name.split('.')[0] in ('infacta', 'django')])"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
    assert not re.search(r"preload", (ROOT / "gunicorn.conf.py").read_text())
