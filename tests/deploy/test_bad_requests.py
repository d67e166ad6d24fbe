"""What nginx answers to wrong names, old protocols, slow clients, and too much of anything, while everybody else is served."""

import http.client
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest

from bench.own_nginx import HOST
from bench.own_servers import free_port
from tests.nginx import Nginx, Site, needs_nginx, nginx, site_port

assert nginx
assert site_port
pytestmark = needs_nginx


def sent(nginx: Nginx, request: bytes, name: str | None = None) -> bytes:
    """All that comes back for these bytes over TLS; empty if nginx hangs up without a word."""
    with nginx.connected(name) as connection:
        with suppress(OSError):  # nginx may hang up while we still send
            connection.sendall(request)
        return received(connection)


def received(connection: socket.socket) -> bytes:
    got = b""
    with suppress(ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
        while part := connection.recv(65536):
            got += part
    return got


# Wrong names


def test_a_name_that_is_not_the_sites_gets_no_certificate(nginx):
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        nginx.connected("evil.example")


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1", b"customers.example.com.evil.example", b""])
def test_a_wrong_host_in_a_right_connection_gets_no_answer(nginx, host):
    answer = sent(nginx, b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400"), answer


def test_a_wrong_host_in_plain_gets_no_answer(nginx):
    with socket.create_connection(("127.0.0.1", nginx.plain_port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert received(connection) == b""


def test_the_host_that_the_site_hears_is_its_own_however_the_request_names_it(nginx):
    answer = sent(nginx, b"GET https://CUSTOMERS.example.com/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert b"Host: customers.example.com\r\n" in answer or b"Host: customers.example.com\n" in answer
    assert b"evil" not in answer


# Old protocols


def test_tls_before_1_2_is_refused_and_both_newer_ones_are_spoken(nginx):
    for version, spoken in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        with nginx.connected(minimum_version=version, maximum_version=version) as connection:
            assert connection.version() == spoken
            cipher, _protocol, _bits = connection.cipher() or ("", "", 0)
            assert cipher.startswith(("ECDHE-ECDSA-", "TLS_")), "forward secrecy"
            assert cipher.endswith(("GCM-SHA256", "GCM-SHA384", "GCM_SHA256", "GCM_SHA384", "POLY1305", "POLY1305_SHA256"))
    refused = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{nginx.port}", "-servername", HOST, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
        input="",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert refused.returncode != 0
    assert "alert protocol version" in refused.stderr


# Too much


# A little more than a buffer holds, and the page is read; with far more of it on the way, nginx's answer may drown in what was still being sent.
@pytest.mark.parametrize("size", [9_000, 65_536])
@pytest.mark.parametrize(
    ("status", "begun", "ended"),
    [
        (400, b"GET / HTTP/1.1\r\nHost: %s\r\nCookie: ", b"\r\nConnection: close\r\n\r\n"),
        (414, b"GET /?", b" HTTP/1.1\r\nHost: %s\r\n\r\n"),
    ],
    ids=["header", "address"],
)
def test_an_oversized_head_is_refused_with_a_page(nginx, size, status, begun, ended):
    answer = sent(nginx, begun.replace(b"%s", HOST.encode()) + b"x" * size + ended.replace(b"%s", HOST.encode()))
    if size < 10_000 or answer:
        assert answer.startswith(b"HTTP/1.1 %d" % status), answer[:100]
        assert b"This address is too long" in answer
    assert nginx.ask("/")[0].status == 200, "others are served"


def test_http_2_is_spoken_and_has_the_same_limits(nginx):
    command = ["curl", "-sS", "--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", "--cacert", nginx.authority]
    to = ["--connect-to", f"{HOST}:443:127.0.0.1:{nginx.port}", f"https://{HOST}/"]
    said = subprocess.run([*command, *to], capture_output=True, text=True, check=False).stdout
    assert said == "2 200"
    for header in ("Cookie: " + "x" * 65000, "Cookie: " + "x" * 20000):
        said = subprocess.run([*command, "-H", header, *to], capture_output=True, text=True, check=False)
        assert said.stdout in ("2 400", "2 431", "2 000", "0 000"), said.stdout
    assert subprocess.run([*command, *to], capture_output=True, text=True, check=False).stdout == "2 200", "others are served"


def test_a_body_is_refused_by_the_length_that_it_names_before_it_is_sent(nginx):
    head = b"POST /products/ HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n"
    with nginx.connected() as connection:
        connection.sendall(head)
        answer = connection.recv(65536) + connection.recv(65536)  # the head and the page; nginx then waits for what may still be on its way
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"nothing of it was kept" in answer


def test_chunks_without_end_are_refused_as_well(nginx):
    head = b"POST /products/ HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    assert sent(nginx, head + chunk * 40).startswith(b"HTTP/1.1 413")


def test_two_lengths_are_no_way_to_smuggle_a_request(nginx):
    head = b"POST /products/ HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nConnection: close\r\n"
    assert sent(nginx, head + b"Content-Length: 1\r\nContent-Length: 9\r\n\r\nx").startswith(b"HTTP/1.1 400")
    assert sent(nginx, head + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").startswith(b"HTTP/1.1 400")


# Too many


def ask_often(nginx: Nginx, path: str, times: int, method: str = "GET") -> list[http.client.HTTPResponse]:
    """On one connection, as fast as it goes."""
    connection = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=20)
    connection.sock = nginx.connected()
    answers = []
    for _time in range(times):
        connection.request(method, path, headers={"Host": HOST})
        answers.append(connection.getresponse())
        answers[-1].text = answers[-1].read().decode()  # type: ignore[attr-defined]
    connection.close()
    return answers


@pytest.mark.parametrize("path", ["/products/", "/healthz", "/support/new/"])
def test_whoever_asks_too_often_is_told_when_to_come_again(nginx, path):
    answers = ask_often(nginx, path, 300)
    assert [answer.status for answer in answers[:90]] == [200] * 90
    [refused, *_others] = [answer for answer in answers if answer.status != 200]
    assert (refused.status, refused.headers["Retry-After"]) == (429, "10")
    assert "Too many requests at once" in refused.text
    assert refused.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert refused.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_client_of_ipv6_is_its_network(tmp_path, site_port):
    """Whoever has an address of IPv6 has a billion others too. X-Trial is whom a request comes from."""
    changes = {"rate=30r/s": "rate=1r/m", "keepalive_timeout 30s;": "set_real_ip_from 127.0.0.1; real_ip_header X-Trial;"}
    with Nginx(tmp_path, site_port, changes=changes).running() as strict:
        answers = [strict.ask("/products/", X_Trial=f"2001:db8:0:1::{number:x}")[0].status for number in range(1, 106)]
        others = [strict.ask("/products/", X_Trial=address)[0].status for address in ("2001:db8:0:2::1", "2001:db8::1", "198.51.100.1")]
    assert 429 in answers
    assert others == [200, 200, 200]


def test_a_partner_may_ask_as_often_as_it_likes(nginx):
    answers = ask_often(nginx, "/partners/standard-webhooks/notify/", 400, "POST")
    assert {answer.status for answer in answers} == {200}


def test_guessing_is_slowed_and_reading_the_form_is_not(nginx):
    statuses = [answer.status for answer in ask_often(nginx, "/resources/log-in/", 40, "POST")]
    assert statuses[:30] == [200] * 30
    assert 429 in statuses[30:]
    assert {answer.status for answer in ask_often(nginx, "/resources/log-in/", 40)} == {200}


# Too slow


@pytest.fixture
def impatient(tmp_path, site_port) -> Iterator[Nginx]:
    """The same nginx with a second's patience, so that nobody waits for the test."""
    patience = {"client_header_timeout 10s": "client_header_timeout 1s", "client_body_timeout 20s": "client_body_timeout 1s"}
    with Nginx(tmp_path, site_port, changes=patience).running() as server:
        yield server


HEAD = b"POST /products/ HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nContent-Length: 1000\r\n"


@pytest.mark.parametrize("begun", [HEAD[:30], HEAD, HEAD + b"\r\nname="], ids=["in a line", "between headers", "in the body"])
def test_slow_clients_are_dropped_while_others_are_served(impatient, begun):
    slow = [impatient.connected() for _number in range(50)]
    for connection in slow:
        connection.sendall(begun)
    began, times = time.monotonic(), []
    while time.monotonic() - began < 2.5:
        asked = time.monotonic()
        assert impatient.ask("/")[0].status == 200
        times.append(time.monotonic() - asked)
        time.sleep(0.05)
    assert sorted(times)[len(times) // 2] < 0.2, "nobody waits for those who are slow"
    for connection in slow:
        connection.settimeout(1)
        assert received(connection) == b"", "hung up, and not still waiting"
        connection.close()


def test_whoever_drips_a_header_is_dropped_too(impatient):
    """The time is for all of the header, not for each byte of it."""
    with impatient.connected() as connection:
        began = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError, ssl.SSLError)):
            drip(connection, b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 60)
        assert time.monotonic() - began < 4


def drip(connection: ssl.SSLSocket, head: bytes) -> None:
    for byte in head:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


# The site is away


def test_the_errors_of_nginx_name_no_link_and_nobody(tmp_path):
    """While the site is away, and where a limit turns somebody away, nginx would note the whole request."""
    with Nginx(tmp_path, free_port()).running() as nginx:
        for path in (
            "/resources/password/abc/canary-key/",
            "/partners/stripe/notify/canary-secret/",
            "/staff/accounts/user/?q=canary%40example.com",
        ):
            assert nginx.ask(path, Referer="https://canary.example/")[0].status == 502
        ask_often(nginx, "/resources/password/abc/canary-key/", 40, "POST")
    assert "canary" not in "".join(path.read_text() for path in tmp_path.glob("*.log"))


def test_the_site_is_away_and_back_by_itself(tmp_path):
    port = free_port()
    with Nginx(tmp_path, port).running() as nginx:
        for method in ("GET", "POST"):
            response, content = nginx.ask("/partners/standard-webhooks/notify/", method, b"{}" if method == "POST" else None)
            assert (response.status, response.headers["Retry-After"], response.headers["Set-Cookie"]) == (502, "30", None)
            assert b"We will be back in a moment" in content
        server = ThreadingHTTPServer(("127.0.0.1", port), Site)
        Thread(target=server.serve_forever, daemon=True).start()
        assert nginx.ask("/")[0].status == 200, "at once, without anybody's doing"
        server.shutdown()
        server.server_close()
