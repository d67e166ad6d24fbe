"""The real nginx with deploy/nginx/infacta.conf, on ports and in folders of the test's own, and a stand-in for gunicorn behind it."""

import http.client
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings

from bench.own_nginx import HOST, KINDS, configuration
from bench.own_servers import await_port, free_port
from tests.certificates import make_certificates

needs_nginx = pytest.mark.skipif(
    not shutil.which("nginx"), reason="nginx is not installed: `apt install nginx-light`, or .ci/run, which installs it"
)


LARGE = "/resources/support/cases/1/files/1/"


class Site(BaseHTTPRequestHandler):
    """Stands for gunicorn: hands a file over to nginx, or says what headers arrived."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/resources/downloads/1/":
            self.answer(b"", {"X-Accel-Redirect": f"{settings.X_ACCEL_PREFIX}2026/01/a%20file.zip", "Content-Disposition": "attachment"})
        elif self.path == LARGE:
            with suppress(BrokenPipeError, ConnectionResetError):  # who asks for it does not read it
                self.answer(b"x" * 20_000_000)
        else:
            self.answer(str(self.headers).encode())

    def do_POST(self) -> None:
        self.answer(str(len(self.rfile.read(int(self.headers["Content-Length"])))).encode())

    def answer(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Nginx:
    """The installed configuration; `changes` are of the test's own, from what stands in the file to what the test needs."""

    def __init__(self, folder: Path, site_port: int, host: str = HOST, changes: dict[str, str] | None = None) -> None:
        self.folder, self.host, self.port, self.plain_port = folder, host, free_port(), free_port()
        self.log = folder / "infacta.access.log"
        self.authority = make_certificates(folder, host)
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(configuration(folder, site_port, self.port, self.plain_port, host, changes))

    @property
    def address(self) -> str:
        return f"https://{self.host}:{self.port}"

    @property
    def command(self) -> list[str]:
        return ["nginx", "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(self.configuration)]

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        try:
            await_port(self.port, 5)
        except AssertionError:
            process.terminate()
            raise AssertionError((self.folder / "error.log").read_text()) from None
        return process

    @contextmanager
    def running(self) -> Iterator["Nginx"]:
        process = self.start()
        try:
            yield self
        finally:
            process.terminate()
            process.wait(10)

    def on_its_disk(self) -> list[str]:
        """What nginx holds open of its own folders for bodies: it takes such a file's name away at once, so no folder shows it."""
        folders = tuple(f"{self.folder}/{kind}" for kind in KINDS)
        master = (self.folder / "pid").read_text().strip()
        workers = subprocess.run(["pgrep", "-P", master], capture_output=True, text=True, check=True).stdout.split()
        opened = []
        for link in (link for worker in workers for link in Path(f"/proc/{worker}/fd").iterdir()):
            with suppress(FileNotFoundError):  # closed meanwhile
                opened.append(str(link.readlink()))
        return [path for path in opened if path.startswith(folders)]

    def connected(self, name: str | None = None, **options: ssl.TLSVersion) -> ssl.SSLSocket:
        """A connection of TLS to it, which asks for this name, or for the site's."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.check_hostname = False
        for option, value in options.items():
            setattr(context, option, value)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        try:
            return context.wrap_socket(plain, server_hostname=name or self.host)
        except OSError:
            plain.close()
            raise

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.sock = self.connected()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # nginx may answer, and hang up, while we still send
                connection.request(method, path, body, {"Host": self.host} | sent)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


@pytest.fixture
def site_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def nginx(tmp_path, site_port) -> Iterator[Nginx]:
    for name in ("releases/2026/01/a file.zip", "static/site.css", "static/site.0123456789ab.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"0123456789")
    with Nginx(tmp_path, site_port).running() as server:
        yield server
