"""Whether links answer, asked by a real client of real servers on this machine; and nothing private is asked."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from announcements.writing import links
from announcements.writing.links import Dead, is_public, looked_at, troubles_of


class Site(BaseHTTPRequestHandler):
    """Answers by its path."""

    asked: list[str] = []

    def answer(self) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        name = self.path.strip("/").partition("?")[0]
        if name == "drips":
            return self.drip()
        status = {"gone": 404, "broken": 500, "closed": 403, "many": 429, "get-alone": 405 if self.command == "HEAD" else 200}.get(
            name, 200
        )
        leads_to = {
            "moved": "/here",
            "round": "/round",
            "inside": "http://127.0.0.1:1/",
            "metadata": "http://169.254.169.254/x",
            "nonsense": "http://[bad",
        }.get(name)
        self.send_response(302 if leads_to else status)
        if leads_to:
            self.send_header("Location", leads_to)
        self.end_headers()
        return None

    def drip(self) -> None:
        try:
            for _moment in range(200):
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    do_HEAD = do_GET = answer  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(settings) -> Iterator[str]:
    """The site's own address, which may be private."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Site.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SITE_URL = f"http://127.0.0.1:{server.server_port}"
    yield settings.SITE_URL
    server.shutdown()
    server.server_close()


def said(address: str) -> tuple[str, bool] | None:
    trouble = looked_at(address)
    return trouble and (trouble.text, trouble.is_sure)


def test_pages_of_the_site_itself_answer_or_not(site):
    assert said(f"{site}/here") is None
    assert said(f"{site}/moved") is None
    assert said(f"{site}/get-alone") is None
    assert said(f"{site}/gone") == ("it answers 404", True)
    assert said(f"{site}/broken") == ("it answers 500", True)
    assert said(f"{site}/round") == ("it leads on and on", True)
    assert said(f"{site}/nonsense") == ("it leads on to what is no address of the web", True)
    assert said(f"{site}/closed")[1] is False, "it may be open to readers"
    assert said(f"{site}/many")[1] is False
    assert Site.asked.count("HEAD /round") == links.MOST_REDIRECTS + 1


def test_odd_addresses_are_asked_as_they_are_and_never_as_two_lines(site):
    assert said(f"{site}/a%20b?x=1&y=%C3%A9#part") is None
    assert said(f"{site}/a\r\nX-Evil: 1") is None or Site.asked
    assert "HEAD /a%20b?x=1&y=%C3%A9" in Site.asked
    assert not [asked for asked in Site.asked if "\n" in asked]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://172.16.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
    ],
)
def test_nothing_private_is_asked(site, address, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *args, **options: pytest.fail("it was connected to"))
    trouble = looked_at(address)
    assert trouble
    assert trouble.is_sure


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.example/",
        "http://",
        "http://user:pass@a.example/",
        "http://a.example:6379/",
        "http://[::1",
        "http://a.example:99999/",
        "http://" + "a" * 300 + ".example/",
    ],
)
def test_what_is_no_address_of_the_web_is_not_asked(address, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: pytest.fail("it was looked up"))
    assert looked_at(address).is_sure


def test_another_port_of_the_sites_own_host_is_another_server(site):
    assert "unusual port" in said("http://127.0.0.1:6379/")[0]


@pytest.mark.parametrize("name", ["inside", "metadata"])
def test_redirects_are_held_to_the_same_rules(site, name):
    text, is_sure = said(f"{site}/{name}")
    assert is_sure
    assert "private network" in text or "unusual port" in text


def test_a_name_with_a_public_and_a_private_address_is_refused(monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: both)
    with pytest.raises(Dead, match="private network"):
        links.connected("rebound.example", 80, False, time.monotonic() + 1)


def test_what_drips_is_given_up(site, monkeypatch):
    monkeypatch.setattr(links, "PATIENCE", 0.5)
    before = time.monotonic()
    assert said(f"{site}/drips") == ("it did not answer us", False)
    assert time.monotonic() - before < 2


def test_what_does_not_listen_is_unclear(settings):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        settings.SITE_URL = f"http://127.0.0.1:{held.getsockname()[1]}"
        assert said(settings.SITE_URL) == ("it did not answer us", False)


def test_at_most_so_many_are_asked_and_in_bounded_time(site, monkeypatch):
    monkeypatch.setattr(links, "PATIENCE_WITH_ALL", 0.6)
    assert troubles_of([f"{site}/p{number}" for number in range(30)]) == []
    assert len(Site.asked) == links.MOST
    before = time.monotonic()
    late = troubles_of([f"{site}/drips?{number}" for number in range(8)])
    assert time.monotonic() - before < 3
    assert {(one.text, one.is_sure) for one in late} == {("it did not answer in time", False)}


@pytest.mark.parametrize(
    "number", ["::7f00:1", "fec0::1", "64:ff9b:1::7f00:1", "64:ff9b::7f00:1", "::ffff:10.0.0.1", "2002:7f00:1::", "fe80::1"]
)
def test_addresses_of_old_private_networks_and_disguises_are_not_public(number):
    assert not is_public(number)


def test_public_addresses_are_public():
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
