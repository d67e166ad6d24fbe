"""What docs/operating.md and .env.example say is what the code reads, and the nginx configuration is tried on a real nginx."""

import ast
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings

from downloads.signing import make_key
from tests.relay import free_port

ROOT = Path(__file__).resolve().parents[2]
OPERATING = (ROOT / "docs" / "operating.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
HOST = "customers.example.com"
PRODUCTION_FOLDER = "/var/lib/infacta"


# The variables


def names_read(path: str, *functions: str) -> set[str]:
    """The variables that a file asks for: the first argument of each call of these functions, where it is a plain string."""
    calls = [node for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.Call) and node.args]
    asked = [call.args[0] for call in calls if re.fullmatch("|".join(functions), ast.unparse(call.func))]
    return {name.value for name in asked if isinstance(name, ast.Constant)}


NEEDED = names_read("infacta/settings.py", "required", "required_address")
READ_BY_SETTINGS = names_read("infacta/settings.py", "required", "required_address", r"env\.\w+")
READ_BY_GUNICORN = names_read("gunicorn.conf.py", r"os\.environ\.get", r"os\.getenv")
READ = READ_BY_SETTINGS | READ_BY_GUNICORN


def table() -> dict[str, str]:
    """The table of variables: what each row says of production, by the variable's name."""
    section = OPERATING.partition("\n## Environment variables\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| `")]
    return {name.strip("`"): production for name, _meaning, _default, production in rows}


def test_the_table_names_every_variable_and_no_other():
    assert len(READ_BY_SETTINGS) > 25
    assert len(READ_BY_GUNICORN) > 3
    assert set(table()) == READ


def test_every_other_way_of_reading_the_environment_is_known():
    """`os.environ` is not read behind the table's back."""
    assert "os.environ" not in (ROOT / "infacta/settings.py").read_text()
    assert not re.search(r"environ\[|getenv", (ROOT / "gunicorn.conf.py").read_text())


def test_the_table_says_which_are_needed():
    assert {name for name, production in table().items() if production.startswith("needed")} == NEEDED | {
        "SIGNING_KEY_FILE",
        "LICENCE_KEY_FILE",
        "UPDATE_KEY_FILE",
    }


def example() -> dict[str, bool]:
    """Whether .env.example sets the variable (True), or only shows it in a comment."""
    return {name: not comment for comment, name in re.findall(r"^(#?)([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)}


def test_the_example_names_what_production_needs_and_nothing_unknown():
    assert {name for name, is_set in example().items() if is_set} >= NEEDED | {"INFACTA_MODE"}
    assert example().keys() <= READ
    assert READ - example().keys() == {"ENV_FILE", "PORT"}, "the file itself, and the port that BIND names already"


def start_with(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` with this file of variables."""
    file = tmp_path / "environment"
    file.write_text(text)
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": str(file), "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_example_starts_once_it_is_filled_in(tmp_path):
    result = start_with(tmp_path, EXAMPLE)
    assert result.returncode != 0
    assert re.findall(r"^  - (\w+) is not set", result.stderr, re.MULTILINE) == ["SECRET_KEY"]
    assert re.findall(r"^  - (\w+) is still the example's", result.stderr, re.MULTILINE) == ["SITE_URL", "DATABASE_URL", "EMAIL_URL"]
    key = "k9Xw2mQ7vN4bT1zR8yU5pL0sD3fG6hJc-aE_iOxQzXcVbNmKjHgFdSaPoIuYtReWq"
    filled_in = EXAMPLE.replace("\nSECRET_KEY=\n", f"\nSECRET_KEY={key}\n").replace("change-me", "secret")
    filled_in = filled_in.replace("example.com", "vendor.example")
    said = start_with(tmp_path, filled_in).stderr
    for name in ("signing", "licence", "update"):
        assert f"{name.upper()}_KEY_FILE (/etc/infacta/{name}-key.pem) is not there" in said
        make_key(tmp_path / f"{name}-key.pem")
    result = start_with(tmp_path, filled_in.replace("=/etc/infacta/", f"={tmp_path}/"))
    assert result.returncode == 0, result.stderr


def test_systemd_reads_the_example_as_we_do(tmp_path):
    """systemd takes a line as it stands, but for one pair of quotes around a value; ours must not hold more than that."""
    for value in re.findall(r"^#?[A-Z0-9_]+=(.*)$", EXAMPLE, re.MULTILINE):
        assert re.fullmatch(r'"[^"\\$]*"|[^"\'\\$\s#]*', value), value


# nginx


def block() -> str:
    """The one block of nginx configuration on the page."""
    [found] = re.findall(r"^```nginx\n(.*?)^```$", OPERATING, re.MULTILINE | re.DOTALL)
    return found


def values_of(directive: str, text: str) -> list[str]:
    return re.findall(rf"^\s*{directive}\s+(.+?);$", text, re.MULTILINE)


def location(path: str) -> str:
    found = re.search(rf"location (?:= )?{re.escape(path)} \{{(.*?)^    \}}", block(), re.MULTILINE | re.DOTALL)
    assert found, path
    return found[1]


def test_the_block_fits_the_settings():
    """Folders, prefix, port, host and HSTS of the block are those of the example and of the settings."""
    assert f"\nDATA_DIR={PRODUCTION_FOLDER}\n" in EXAMPLE
    assert f"\nX_ACCEL_PREFIX={settings.X_ACCEL_PREFIX}\n" in EXAMPLE
    assert values_of("alias", location(settings.X_ACCEL_PREFIX)) == [f"{PRODUCTION_FOLDER}/{settings.RELEASE_FILES_DIR.name}/"]
    assert values_of("alias", location(settings.STATIC_URL)) == [f"{PRODUCTION_FOLDER}/{settings.STATIC_ROOT.name}/"]
    assert set(values_of("proxy_pass", block())) == {"http://" + re.findall(r"^BIND=(.+)$", EXAMPLE, re.MULTILINE)[0]}
    assert set(values_of("server_name", block())) == {HOST}
    assert f"\nSITE_URL=https://{HOST}\n" in EXAMPLE
    assert "\nTRUSTED_PROXIES=127.0.0.1\n" in EXAMPLE
    assert set(re.findall(r"max-age=(\d+); includeSubDomains; preload", block())) == {"63072000"}


class Site(BaseHTTPRequestHandler):
    """Stands for gunicorn: hands a file over to nginx, or says what headers arrived."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/resources/downloads/1/":
            self.answer(b"", {"X-Accel-Redirect": f"{settings.X_ACCEL_PREFIX}2026/01/a%20file.zip", "Content-Disposition": "attachment"})
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
    """The block of the page on ports and in folders of the test's own, with a certificate of its own."""

    def __init__(self, folder: Path, site_port: int) -> None:
        self.folder, self.port, self.plain_port = folder, free_port(), free_port()
        self.log = folder / "infacta.access.log"
        key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
        subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        text = block()
        for documented, own in {
            PRODUCTION_FOLDER: str(folder),
            f"/etc/letsencrypt/live/{HOST}": str(folder),
            "/var/www/letsencrypt": str(folder),
            "/var/log/nginx": str(folder),
            "http://127.0.0.1:8000": f"http://127.0.0.1:{site_port}",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
        }.items():
            assert documented in text, documented
            text = text.replace(documented, own)
        text = re.sub(r"^\s*listen \[::\]:.*\n", "", text, flags=re.MULTILINE)
        temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        types = "include /etc/nginx/mime.types;" if Path("/etc/nginx/mime.types").exists() else "types { text/css css; }"
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(
            f"daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
            f"events {{ worker_connections 64; }}\nhttp {{\n{types}\n{temporary}\n{text}\n}}\n"
        )

    @property
    def command(self) -> list[str]:
        return ["nginx", "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(self.configuration)]

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        for _try in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return process
            time.sleep(0.05)
        process.terminate()
        raise AssertionError((self.folder / "error.log").read_text())

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": HOST} | sent)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content


needs_nginx = pytest.mark.skipif(
    not shutil.which("nginx"), reason="nginx is not installed: `apt install nginx-light`, or .ci/run, which installs it"
)


@pytest.fixture
def site_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def nginx(tmp_path, site_port) -> Iterator[Nginx]:
    for name in ("releases/2026/01/a file.zip", "static/site.css"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"0123456789")
    server = Nginx(tmp_path, site_port)
    process = server.start()
    yield server
    process.terminate()
    process.wait(10)


@needs_nginx
def test_nginx_accepts_the_block(tmp_path, site_port):
    result = subprocess.run([*Nginx(tmp_path, site_port).command, "-t"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "[emerg]" not in result.stderr
    assert "[error]" not in result.stderr


@needs_nginx
def test_nginx_hands_over_what_the_site_names_and_nothing_else(nginx):
    response, content = nginx.ask("/resources/downloads/1/")
    assert (response.status, content, response.headers["Content-Disposition"]) == (200, b"0123456789", "attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Accel-Redirect"] is None
    response, content = nginx.ask("/resources/downloads/1/", Range="bytes=4-")
    assert (response.status, content) == (206, b"456789")
    response, _content = nginx.ask("/protected-releases/2026/01/a%20file.zip")
    assert response.status == 404
    response, content = nginx.ask("/static/site.css")
    assert (response.status, content, response.headers["Content-Type"]) == (200, b"0123456789", "text/css")


@needs_nginx
def test_nginx_overwrites_what_a_client_says_of_itself(nginx):
    _response, content = nginx.ask("/", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="http", X_Forwarded_Ssl="off")
    headers = dict(line.split(": ", 1) for line in content.decode().splitlines() if line)
    assert {name: value for name, value in headers.items() if name.startswith("X-Forwarded")} == {
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "https",
    }
    assert headers["Host"] == HOST


@needs_nginx
def test_only_staffs_uploads_may_be_large(nginx):
    body = b"x" * 3_000_000
    for path in ("/staff/downloads/releasefile/add/", "/staff/announcements/subscriberfile/add/"):
        response, content = nginx.ask(path, "POST", body)
        assert (response.status, content) == (200, b"3000000"), path
    with suppress(OSError):  # nginx may hang up while we still send
        response, _content = nginx.ask("/resources/log-in/", "POST", body)
        assert response.status == 413


@needs_nginx
def test_the_web_log_holds_what_the_policy_promises_and_no_links(nginx):
    nginx.ask("/resources/password/MQ/c7x-0123456789abcdef/?from=mail", Referer="https://mail.example.com/inbox", User_Agent="Browser 1")
    nginx.ask("/resources/password/set/")
    for _try in range(50):
        if nginx.log.exists() and len(lines := nginx.log.read_text().splitlines()) == 2:
            break
        time.sleep(0.05)
    assert re.fullmatch(r'127\.0\.0\.1 \[[^]]+\] "GET /resources/password/\(link\)/" 200 \d+ "Browser 1"', lines[0])
    assert '"GET /resources/password/set/"' in lines[1]


@needs_nginx
def test_plain_http_is_led_to_https(nginx):
    connection = http.client.HTTPConnection("127.0.0.1", nginx.plain_port, timeout=10)
    connection.request("GET", "/products/?page=2", headers={"Host": HOST})
    response = connection.getresponse()
    assert (response.status, response.headers["Location"]) == (301, f"https://{HOST}/products/?page=2")
    connection.close()
