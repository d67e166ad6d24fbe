"""The site as the world meets it: asked over the network, past nginx and TLS."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address

from django.conf import settings

from operations.production.findings import Asked, Finding, Place, ok, warning, wrong

SECONDS = 10
NEAR_ITS_END = timedelta(days=21)
YEAR = 31_536_000
STRANGER = "unknown-host.invalid"
FORGED = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http", "Forwarded": "for=192.0.2.1;proto=http"}


@contextmanager
def connected(place: Place, name: str) -> Iterator[ssl.SSLSocket]:
    """A connection in TLS that asks for this name; OSError if there is none, or its certificate is not to be believed."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((place.host, place.port), timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        yield secured


def get(asked: Asked, path: str, host: str = "", **headers: str) -> HTTPResponse | None:
    """The answer to one request for the site, its body read; None if the server hung up without one."""
    with connected(asked.https, settings.SITE_HOST) as secured:
        return answer(secured, path, host or settings.SITE_HOST, headers)


def answer(connection: socket.socket, path: str, host: str, headers: dict[str, str]) -> HTTPResponse | None:
    http = HTTPConnection(host, timeout=SECONDS)
    http.sock = connection
    try:
        http.request("GET", path, headers={"Host": host, "User-Agent": "production_check", "Connection": "close"} | headers)
        response = http.getresponse()
        response.read(100_000)
    except (HTTPException, ConnectionError, ssl.SSLEOFError):
        return None
    return response


def certificate(asked: Asked) -> Finding:
    try:
        with connected(asked.https, settings.SITE_HOST) as secured:
            found, protocol = secured.getpeercert() or {}, secured.version()
    except ssl.SSLCertVerificationError as error:
        return wrong(
            f"the certificate of {settings.SITE_HOST} is not to be believed ({error.verify_message}): certbot renew, and systemctl reload nginx"
        )
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
    left = ends_at - datetime.now(UTC)
    if left < NEAR_ITS_END:
        return warning(f"the certificate ends in {left.days} days: look at systemctl status certbot.timer, and at certbot renew --dry-run")
    return ok(f"the certificate is good for {left.days} days; {protocol} is spoken")


def plain_http(asked: Asked) -> Finding:
    with socket.create_connection((asked.plain.host, asked.plain.port), timeout=SECONDS) as connection:
        response = answer(connection, "/products/", settings.SITE_HOST, {})
    leads_to = response.headers["Location"] if response else None
    if not response or response.status not in (301, 308) or not str(leads_to).startswith(f"{settings.SITE_URL}/"):
        return wrong("plain HTTP does not lead to HTTPS: install deploy/nginx/infacta.conf, with the site's own name in it")
    return ok("plain HTTP leads to HTTPS")


def hsts(asked: Asked) -> Finding:
    response = get(asked, "/contact/")
    if response is None or response.status != 200:
        return wrong(
            f"{settings.SITE_URL}/contact/ does not answer as it should ({response.status if response else 'hung up'}): look at systemctl status infacta-web"
        )
    said = response.headers["Strict-Transport-Security"] or ""
    ages = [int(part.partition("=")[2]) for part in said.replace(" ", "").split(";") if part.startswith("max-age=")]
    if not ages or ages[0] < YEAR:
        return wrong(
            "the answer does not tell browsers to stay with HTTPS for a year: nothing between may take Strict-Transport-Security away"
        )
    return ok(f"browsers are told to use HTTPS alone for {ages[0] // 86400} days")


def unknown_host(asked: Asked) -> Finding:
    """A name that is not the site's gets no page, be it in the request or in the greeting of TLS."""
    response = get(asked, "/", host=STRANGER)
    if response is not None and response.status < 400:
        return wrong(
            "a request for a name that is not the site's is answered with a page: install deploy/nginx/infacta.conf whole, its default servers too, and remove sites-enabled/default"
        )
    return ok("a name that is not the site's gets no page")


def forged_headers(asked: Asked) -> Finding:
    """nginx writes X-Forwarded-Proto where it writes X-Forwarded-For; a site that believed ours would lead us to HTTPS again."""
    response = get(asked, "/contact/", **FORGED)
    if response is None or response.status != 200:
        return wrong(
            "what a client says of itself in X-Forwarded-… reaches the site: nginx must overwrite these headers, as deploy/nginx/infacta.conf does"
        )
    return ok("what a client says of itself in X-Forwarded-… is not believed")


def protected_files(asked: Asked) -> Finding:
    response = get(asked, f"{settings.X_ACCEL_PREFIX}no-such-file")
    if response is None or response.status != 404:
        return wrong(f"{settings.X_ACCEL_PREFIX} can be asked for: it must be `internal` in nginx, or everybody gets every release")
    return ok("release files cannot be asked for past the site")


def metrics(asked: Asked) -> Finding:
    with connected(asked.https, settings.SITE_HOST) as secured:
        own = str(secured.getsockname()[0])
        response = answer(secured, "/metrics", settings.SITE_HOST, {})
    if response is None or response.status in (403, 404):
        return ok("the numbers for monitoring are not for everybody")
    if ip_address(own.partition("%")[0]).is_loopback:
        return warning("whether strangers see /metrics cannot be told from this machine's own address: ask from another one")
    return wrong("/metrics is open to the world: allow it to your monitoring's networks alone (deploy/nginx/infacta.conf)")
