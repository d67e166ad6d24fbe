"""The hand-over in a real browser, to a real server that plays the partner: what arrives is what was shown, and nothing else (promise C14)."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from purchases.models import Offer
from tests.purchases.handing import BUY, CODES, STORES, make_offer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Partner(ThreadingHTTPServer):
    """A checkout of the test's own, over HTTPS as every partner's is; it notes whatever arrives."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Checkouts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(folder))
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.requests: list[tuple[str, str, dict[str, str], str]] = []
        self.address = f"https://127.0.0.1:{self.server_address[1]}"


class Checkouts(BaseHTTPRequestHandler):
    server: Partner

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>Checkout</title><h1>Checkout</h1>")

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        pass


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    signed = builder.sign(key, hashes.SHA256())
    file = folder / "partner.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def partner(tmp_path, settings) -> Iterator[Partner]:
    """Both lead to it: Emetrix by an address, and the site's own format by a form."""
    server = Partner(tmp_path)
    Thread(target=server.serve_forever, daemon=True).start()
    own = settings.PARTNERS["standard-webhooks"] | {"name": "Example Shop", "policy_url": "https://shop.example/privacy"}
    settings.PARTNERS = settings.PARTNERS | {"standard-webhooks": own}
    settings.CHECKOUT_STORES = STORES | {"emetrix": f"{server.address}/order", "standard-webhooks": f"{server.address}/order"}
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def browsing(chromium, live_server):
    """A page in a browser that takes the test's own certificate; whatever its console complains of our pages fails the test."""
    context = chromium.new_context(ignore_https_errors=True, base_url=live_server.url)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message) if message.type == "error" else None)
    yield page
    context.close()
    ours = [message.text for message in complaints if message.location["url"].startswith(live_server.url)]
    assert not ours


def order_of(partner: Partner) -> tuple[str, str, dict[str, str], str]:
    (order,) = [request for request in partner.requests if request[1] != "/favicon.ico"]
    return order


def begin(page, offer: Offer, path: str = BUY) -> None:
    page.goto(path)
    page.check(f"#offer-{offer.pk}")
    page.fill("#id_quantity", "2")
    page.click("button:has-text('Next')")


def test_what_arrives_by_a_form_is_exactly_what_was_shown_without_referrer_or_cookie(browsing, live_server, partner, notebook):
    """With a cookie in the browser that must stay at home."""
    browsing.context.add_cookies([{"name": "session", "value": "a" * 32, "url": live_server.url}])
    begin(browsing, make_offer(notebook))
    browsing.fill("[name=email]", "carol@example.com")
    browsing.fill("[name=name]", "Carol O’Hara <&>")
    browsing.click("button:has-text('Show what would go')")
    seen = dict(zip(browsing.locator("#sent td code").all_inner_texts(), browsing.locator("#sent .value").all_inner_texts(), strict=True))
    browsing.click("button:has-text('Go on to')")
    browsing.wait_for_url(f"{partner.address}/**")
    method, path, headers, body = order_of(partner)
    assert (method, path) == ("POST", "/order")
    assert dict(parse_qsl(body, strict_parsing=True)) == seen == {
        "product_code": "NOTEBOOK", "quantity": "2", "email": "carol@example.com", "name": "Carol O’Hara <&>"
    }  # fmt: skip
    assert_nothing_else(headers)


def test_what_arrives_by_an_address_is_exactly_what_was_shown_without_referrer_or_cookie(browsing, partner, notebook):
    begin(browsing, make_offer(notebook, "emetrix"))
    address = browsing.inner_text("#address")
    browsing.click("button:has-text('Go on to')")
    browsing.wait_for_url(f"{partner.address}/**")
    assert browsing.url == address == f"{partner.address}/order?PID={CODES['emetrix']}&Q=2"
    method, path, headers, body = order_of(partner)
    assert (method, body) == ("GET", "")
    assert parse_qsl(urlsplit(path).query) == [("PID", CODES["emetrix"]), ("Q", "2")]
    assert_nothing_else(headers)


def test_without_javascript_it_is_the_same(chromium, live_server, partner, notebook):
    context = chromium.new_context(ignore_https_errors=True, base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    begin(page, make_offer(notebook))
    page.click("button:has-text('Show what would go')")
    page.click("button:has-text('Go on to')")
    assert partner.requests == [], "nothing goes by itself without the script"
    page.click("button:has-text('Go on to')")
    page.wait_for_url(f"{partner.address}/**")
    assert order_of(partner)[3] == "product_code=NOTEBOOK&quantity=2"
    context.close()


def assert_nothing_else(headers: dict[str, str]) -> None:
    assert "referer" not in headers
    assert "cookie" not in headers
    assert headers.get("origin", "null") == "null", "not even the site's name"
    assert "localhost" not in str({name: value for name, value in headers.items() if name != "host"})
