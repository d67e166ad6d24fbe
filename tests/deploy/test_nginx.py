"""deploy/nginx/infacta.conf is tried on a real nginx, with a stand-in for gunicorn behind it."""

import http.client
import re
import subprocess
import time
from pathlib import Path

import pytest
from django.conf import settings

from bench.own_nginx import HOST
from bench.own_nginx import INSTALLED as CONFIGURATION
from bench.own_servers import ROOT
from tests.nginx import LARGE, Nginx, needs_nginx, nginx, site_port
from tests.waiting import wait_for

assert nginx
assert site_port
pytestmark = needs_nginx
PRODUCTION_FOLDER = "/var/lib/infacta"
EXAMPLE = (ROOT / ".env.example").read_text()


def values_of(directive: str, text: str = CONFIGURATION) -> list[str]:
    return re.findall(rf"^\s*{directive}\s+(.+?);$", text, re.MULTILINE)


def location(path: str) -> str:
    found = re.search(rf"location (?:= )?{re.escape(path)} \{{(.*?)^    \}}", CONFIGURATION, re.MULTILINE | re.DOTALL)
    assert found, path
    return found[1]


def test_the_file_fits_the_settings():
    """Folders, prefix, port, host and HSTS are those of the example and of the settings."""
    assert f"\nDATA_DIR={PRODUCTION_FOLDER}\n" in EXAMPLE
    assert f"\nX_ACCEL_PREFIX={settings.X_ACCEL_PREFIX}\n" in EXAMPLE
    assert values_of("alias", location(settings.X_ACCEL_PREFIX)) == [f"{PRODUCTION_FOLDER}/{settings.RELEASE_FILES_DIR.name}/"]
    assert values_of("alias", location(settings.STATIC_URL)) == [f"{PRODUCTION_FOLDER}/{settings.STATIC_ROOT.name}/"]
    assert set(values_of("proxy_pass")) == {"http://infacta"}
    [server] = re.findall(r"^upstream infacta \{\n\s*server (\S+)", CONFIGURATION, re.MULTILINE)
    assert f"\nBIND={server}\n" in EXAMPLE
    assert set(values_of("server_name")) == {HOST, "_"}
    assert f"\nSITE_URL=https://{HOST}\n" in EXAMPLE
    assert "\nTRUSTED_PROXIES=127.0.0.1\n" in EXAMPLE
    assert set(re.findall(r"max-age=(\d+); includeSubDomains; preload", CONFIGURATION)) == {"63072000"}


def test_partners_are_never_turned_away():
    """No limit of requests stands over all locations, and none in theirs: a notification that is turned away may be an order that is lost."""
    site = CONFIGURATION.partition("# The site\n")[2]
    outside = re.sub(r"location .*?^    \}", "", site, flags=re.MULTILINE | re.DOTALL)
    assert "limit_req " not in outside
    assert "limit_req " not in location("~ ^/+partners/")


def test_nginx_accepts_the_file(tmp_path, site_port):
    result = subprocess.run([*Nginx(tmp_path, site_port).command, "-t"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert not re.search(r"\[(emerg|error|warn)\]", result.stderr), result.stderr


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


def test_nginx_overwrites_what_a_client_says_of_itself(nginx):
    _response, content = nginx.ask(
        "/",
        X_Forwarded_For="203.0.113.9",
        X_Forwarded_Proto="http",
        X_Forwarded_Ssl="off",
        X_Forwarded_Host="evil.example",
        X_Real_IP="203.0.113.9",
        Forwarded="for=203.0.113.9;proto=http",
        X_Request_Id="mine",
    )
    headers = dict(line.split(": ", 1) for line in content.decode().splitlines() if line)
    assert {name: value for name, value in headers.items() if name.startswith("X-Forwarded")} == {
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "https",
    }
    assert headers["Host"] == HOST
    assert not {"Forwarded", "X-Real-IP", "X-Forwarded-Host"} & headers.keys()
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-Id"]), "nginx's own, and not the client's"


def test_only_staffs_uploads_may_be_large(nginx):
    body = b"x" * 3_000_000
    for path in ("/staff/downloads/releasefile/add/", "/staff/announcements/subscriberfile/add/"):
        response, content = nginx.ask(path, "POST", body)
        assert (response.status, content) == (200, b"3000000"), path
    response, content = nginx.ask("/resources/log-in/", "POST", body)
    assert response.status == 413
    assert b"This is too large" in content


def stays_off_its_disk(nginx: Nginx) -> None:
    """For a second, in which it had written what did not fit into memory."""
    for _look in range(20):
        assert nginx.on_its_disk() == []
        time.sleep(0.05)


def test_nothing_that_people_read_lies_on_the_disk_of_nginx(nginx):
    """The files of a support case, say, of a client that takes its time: what the site keeps sealed would be there in plain."""
    with nginx.connected() as slow:
        slow.sendall(f"GET {LARGE} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert slow.recv(12) == b"HTTP/1.1 200"
        stays_off_its_disk(nginx)


@pytest.mark.parametrize(
    ("path", "length"), [("/resources/feedback/", 900_000), ("/support/new/", 900_000), ("/support/diagnostics/1/", 7_000_000)]
)
def test_nor_does_anything_that_people_write(nginx, path, length):
    with nginx.connected() as slow:
        slow.sendall(f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n\r\n".encode() + b"x" * (length - 1))
        stays_off_its_disk(nginx)
        slow.sendall(b"x")
        assert slow.recv(12) == b"HTTP/1.1 200"


def test_a_piece_of_diagnostics_in_chunks_is_in_memory_too(nginx):
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    with nginx.connected() as slow:
        slow.sendall(f"POST /support/diagnostics/1/ HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        slow.sendall(chunk * 8190)
        stays_off_its_disk(nginx)
        slow.sendall(b"0\r\n\r\n")
        assert slow.recv(12) == b"HTTP/1.1 200"


def test_staffs_uploads_alone_do(nginx):
    """So that a slow line occupies no thread; and by it the tests above know where to look."""
    with nginx.connected() as slow:
        slow.sendall(f"POST /staff/downloads/releasefile/add/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 3000000\r\n\r\n".encode())
        slow.sendall(b"x" * 2_999_999)
        wait_for(lambda: nginx.on_its_disk() != [])
        slow.sendall(b"x")
        assert slow.recv(12) == b"HTTP/1.1 200"


def test_the_web_log_holds_what_the_policy_promises_and_no_links(nginx):
    nginx.ask("/resources/password/MQ/c7x-0123456789abcdef/?from=mail", Referer="https://mail.example.com/inbox", User_Agent="Browser 1")
    nginx.ask("/resources/password/set/")
    for _try in range(50):
        if nginx.log.exists() and len(lines := nginx.log.read_text().splitlines()) == 2:
            break
        time.sleep(0.05)
    assert re.fullmatch(r'127\.0\.0\.1 \[[^]]+\] "GET /resources/password/\(link\)/" 200 \d+ "Browser 1"', lines[0])
    assert '"GET /resources/password/set/"' in lines[1]


def test_plain_http_is_led_to_https(nginx):
    connection = http.client.HTTPConnection("127.0.0.1", nginx.plain_port, timeout=10)
    connection.request("GET", "/products/?page=2", headers={"Host": HOST})
    response = connection.getresponse()
    assert (response.status, response.headers["Location"]) == (301, f"https://{HOST}/products/?page=2")
    connection.close()


def test_only_a_name_that_holds_a_digest_is_kept_for_ever(nginx):
    assert nginx.ask("/static/site.0123456789ab.css")[0].headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert nginx.ask("/static/site.css")[0].headers["Cache-Control"] == "public, max-age=3600"


def test_the_numbers_of_monitoring_are_for_its_networks_alone(nginx):
    assert nginx.ask("/metrics")[0].status == 200
    for path in ("/metrics", "/metrics/"):
        command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--interface", "127.0.0.2", "--cacert", nginx.authority]
        said = subprocess.run([*command, *by_name(nginx), f"https://{HOST}{path}"], capture_output=True, text=True, check=True).stdout
        assert said == "404", "a stranger does not even learn that it is there"


def by_name(nginx: Nginx) -> list[str]:
    """For curl: the site's name leads to this nginx."""
    return ["--connect-to", f"{HOST}:443:127.0.0.1:{nginx.port}", "--connect-to", f"{HOST}:80:127.0.0.1:{nginx.plain_port}"]


@pytest.mark.parametrize("page", sorted((ROOT / "deploy/nginx/pages").iterdir()), ids=lambda page: page.name)
def test_the_pages_of_nginx_need_nothing_but_what_is_there_without_the_site(page: Path):
    """No script, no style of their own (the policy in their header allows neither), and a style sheet that nginx itself has."""
    text = page.read_text()
    assert not re.search(r"<script|<style|style=|\son\w+=", text)
    for path in re.findall(r'(?:href|src)="/static/([^"]+)"', text):
        assert (ROOT / "static" / path).is_file()
    assert re.search(r'<html lang="en">', text)
    assert 'lang="de"' in text
    assert f"/nginx-pages/{page.name};" in CONFIGURATION


def test_every_certificate_authority_finds_its_file_in_plain(nginx):
    (nginx.folder / ".well-known/acme-challenge").mkdir(parents=True)
    (nginx.folder / ".well-known/acme-challenge/token").write_text("answer")
    connection = http.client.HTTPConnection("127.0.0.1", nginx.plain_port, timeout=10)
    connection.request("GET", "/.well-known/acme-challenge/token", headers={"Host": HOST})
    assert connection.getresponse().read() == b"answer"
    connection.close()


def test_the_health_of_the_site_is_not_in_the_web_log(nginx):
    for path in ("/healthz", "/readyz", "/"):
        assert nginx.ask(path)[0].status == 200
    for _try in range(50):
        if nginx.log.exists() and nginx.log.read_text():
            break
        time.sleep(0.05)
    assert "z" not in "".join(re.findall(r'"GET (\S+)"', nginx.log.read_text()))
