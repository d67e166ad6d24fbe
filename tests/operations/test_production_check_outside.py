"""What `manage.py production_check` asks over the network: of the real nginx with its installed file, and of a server that does all of it wrong."""

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import dns.resolver
import pytest

from bench.own_servers import free_port
from operations.production import mail, outside
from operations.production.findings import Asked, Level, Look, Place
from tests.certificates import make_certificates
from tests.nginx import Nginx, needs_nginx, nginx, site_port

assert nginx
assert site_port
HOST = "customers.example.com"


@pytest.fixture(autouse=True)
def the_site(settings):
    settings.SITE_HOST, settings.SITE_URL = HOST, f"https://{HOST}"


class Careless(BaseHTTPRequestHandler):
    """Believes its clients, and gives everybody everything."""

    def do_GET(self) -> None:
        self.send_response(302 if self.headers["X-Forwarded-Proto"] == "http" else 200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def serving(folder=None) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Careless)
    if folder:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def careless(tmp_path, monkeypatch) -> Iterator[Asked]:
    monkeypatch.setenv("SSL_CERT_FILE", str(make_certificates(tmp_path, HOST)))
    servers = [serving(tmp_path), serving()]
    yield Asked(https=Place("127.0.0.1", servers[0].server_address[1]), plain=Place("127.0.0.1", servers[1].server_address[1]))
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def careful(nginx: Nginx, monkeypatch) -> Asked:
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.authority))
    return Asked(https=Place("127.0.0.1", nginx.port), plain=Place("127.0.0.1", nginx.plain_port))


WRONG = (outside.plain_http, outside.hsts, outside.unknown_host, outside.forged_headers, outside.protected_files)


@pytest.mark.parametrize("look", WRONG, ids=lambda look: look.__name__)
def test_a_careless_server_is_told_of(careless, look):
    assert look(careless).level == Level.WRONG


def test_numbers_that_are_open_cannot_be_told_from_this_machine(careless):
    assert "cannot be told" in outside.metrics(careless).sentence


@needs_nginx
@pytest.mark.parametrize(
    "look", [outside.certificate, outside.plain_http, outside.unknown_host, outside.forged_headers, outside.protected_files]
)
def test_the_installed_nginx_is_as_it_should_be(careful, look):
    assert look(careful).level == Level.OK, look(careful)


@pytest.mark.parametrize(("days", "level"), [(60, Level.OK), (10, Level.WARNING)])
def test_a_certificate_near_its_end(tmp_path, monkeypatch, days, level):
    monkeypatch.setenv("SSL_CERT_FILE", str(make_certificates(tmp_path, HOST, days)))
    server = serving(tmp_path)
    try:
        assert outside.certificate(Asked(https=Place("127.0.0.1", server.server_address[1]))).level == level
    finally:
        server.shutdown()
        server.server_close()


def test_a_certificate_that_nobody_believes(tmp_path, monkeypatch):
    make_certificates(tmp_path, HOST)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    server = serving(tmp_path)
    try:
        found = outside.certificate(Asked(https=Place("127.0.0.1", server.server_address[1])))
        assert found.level == Level.WRONG
        assert "not to be believed" in found.sentence
    finally:
        server.shutdown()
        server.server_close()


def test_a_site_that_is_away_is_a_finding():
    """As the command asks it: no traceback."""
    away = Asked(https=Place("127.0.0.1", free_port()), plain=Place("127.0.0.1", free_port()))
    for look in (outside.certificate, outside.plain_http, outside.metrics):
        found = Look("away", look).finding(away)
        assert (found.level, "Connection refused" in found.sentence) == (Level.WRONG, True)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({}, "no SPF"),
        ({"vendor.example": ["v=spf1 -all"]}, "no DMARC"),
        ({"vendor.example": ["other", "v=spf1 -all"], "_dmarc.vendor.example": ["v=DMARC1; p=reject"]}, "has SPF and DMARC"),
    ],
)
def test_what_the_world_asks_of_a_sender(settings, monkeypatch, texts, said):
    settings.DEFAULT_FROM_EMAIL = "Vendor <site@vendor.example>"
    monkeypatch.setattr(mail, "records", lambda name: texts.get(name, []))
    assert said in mail.sender(Asked()).sentence


def test_a_dns_that_is_away_is_a_warning(monkeypatch):
    def away(name):
        raise dns.resolver.LifetimeTimeout(timeout=1, errors=[])

    monkeypatch.setattr(mail, "records", away)
    assert mail.sender(Asked()).level == Level.WARNING
