"""The main job over HTTPS with curl, on the whole site in production mode: purchase, mail, password, log-in, download."""

import hashlib
import json
import re

import pytest
from django.core.management import call_command

from audit.models import AuditEvent
from downloads.models import DownloadSession
from operations.production.looks import LOOKS
from tests import cast
from tests.deploy.whole_site import ADDRESS, HOST, WholeSite, site
from tests.nginx import needs_nginx
from tests.purchases.partner_side import URL, purchase, signed
from tests.waiting import wait_for

assert site
pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), needs_nginx]
CONTENT = b"0123456789" * 100_000
PASSWORD = "four green bicycles"
FORGED = "203.0.113.9"


def notify(site: WholeSite, **changes: str) -> int:
    """The partner's signed notification; the status of the answer."""
    body = json.dumps(purchase())
    headers = [word for name, value in (signed(body.encode()) | changes).items() for word in ("-H", f"{name}: {value}")]
    return site.curl().ask(URL, "-H", "Content-Type: application/json", *headers, "--data-binary", body).status


def mailed_link(site: WholeSite) -> str:
    """The set-password link in the mail that the worker has sent."""
    wait_for(lambda: site.relay.received, 60)
    [message] = site.relay.received
    texts = [part.get_payload(decode=True).decode() for part in message.walk() if part.get_content_type() == "text/plain"]
    return re.search(rf"{ADDRESS}/resources/password/\S+/\S+/", texts[0])[0]


def test_from_purchase_to_download(site, notebook):
    file = cast.make_file(notebook, "1.0", CONTENT)
    browser = site.curl()

    plain = browser.ask(f"http://{HOST}/products/?page=1")
    assert (plain.status, plain.headers["location"]) == (301, f"{ADDRESS}/products/?page=1")
    home = browser.follow(f"http://{HOST}/")
    assert (home.status, home.version, browser.page) == (200, "HTTP/2", f"{ADDRESS}/")
    assert home.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains; preload"
    assert not home.cookies, "the general area sets none before something needs it"
    style = re.search(r'href="(/static/site\.[0-9a-f]{12}\.css)"', home.text)[1]
    assert browser.ask(style).headers["cache-control"] == "public, max-age=31536000, immutable"

    assert browser.ask(f"/products/?x={'y' * 7000}").status == 200, "gunicorn takes what nginx takes"

    assert notify(site, **{"webhook-signature": "v1,AAAA"}) in (400, 401, 403)
    assert notify(site) == 200
    link = mailed_link(site)

    form = browser.follow(link)
    assert browser.page == f"{ADDRESS}/resources/password/set/", "the key is in no address any more"
    assert browser.send("/resources/password/set/", form, new_password=PASSWORD).status == 302
    form = browser.follow("/resources/log-in/")
    logged_in = log_in(browser, form)
    assert_cookies_are_prefixed(form.cookies + logged_in.cookies)

    page = browser.ask("/resources/")
    assert "5 downloads remaining" in page.text
    take = re.search(r'formaction="(/resources/downloads/\d+/)"|action="(/resources/downloads/\d+/)"', page.text)
    download(site, browser, browser.send(take[1] or take[2], page, file=str(file.pk)), file.sha256)
    assert_gunicorn_refuses_a_wrong_host(site)
    assert_production_check_finds_it_as_it_should_be(site)
    for log in ("web.log", "worker.log", "beat.log"):
        assert "not permitted" not in (site.folder / log).read_text(), "the sandbox of the units took nothing away that is needed"


def log_in(browser, form):
    """The log-in form, with what a client may say of itself and is not believed."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)[1]
    fields = {"csrfmiddlewaretoken": token, "email": "alice@EXAMPLE.com", "password": PASSWORD}
    lies = ["-H", f"X-Forwarded-For: {FORGED}", "-H", "X-Forwarded-Proto: http", "-H", f"Forwarded: for={FORGED};proto=http"]
    answer = browser.ask(
        "/resources/log-in/", *lies, *(word for name, value in fields.items() for word in ("--data-urlencode", f"{name}={value}"))
    )
    assert answer.status == 302
    assert set(AuditEvent.objects.filter(kind="login.succeeded").values_list("ip", flat=True)) == {"127.0.0.1"}
    return answer


def assert_cookies_are_prefixed(cookies: list[str]) -> None:
    names = {cookie.partition("=")[0] for cookie in cookies}
    assert {"__Host-session", "__Secure-authentication"} <= names
    for cookie in cookies:
        name, attributes = cookie.partition("=")[0], cookie.lower()
        assert name.startswith(("__Host-", "__Secure-")), cookie
        assert "; secure" in attributes
        assert "; httponly" in attributes
        assert "; samesite=lax" in attributes
        assert "domain=" not in attributes
        if name == "__Host-session":
            assert "; path=/;" in attributes + ";"


def download(site: WholeSite, browser, pressed, sha256: str) -> None:
    """What the button leads to comes from nginx itself, in parts and whole, and is counted once."""
    assert pressed.status == 303
    path = pressed.headers["location"]
    part = browser.ask(path, "-r", "10-19")
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"0123456789", f"bytes 10-19/{len(CONTENT)}")
    whole = browser.ask(path)
    assert (whole.status, hashlib.sha256(whole.body).hexdigest()) == (200, sha256)
    assert whole.headers["content-disposition"].startswith("attachment")
    assert not {"x-accel-redirect", "x-download-session"} & whole.headers.keys()
    assert site.curl().ask(path).status in (302, 404), "the address alone opens nothing"
    stored = DownloadSession.objects.get().file.file.name
    assert browser.ask(f"/protected-releases/{stored}").status == 404

    def is_complete() -> bool:
        call_command("import_access_log", str(site.folder / "infacta.downloads.log"), verbosity=0)
        return DownloadSession.objects.get().completed_at is not None

    wait_for(is_complete)
    assert "4 downloads remaining" in browser.ask("/resources/").text
    log = site.nginx.log.read_text()
    assert "alice" not in log.lower(), "the web log holds no name"
    assert FORGED not in log


def assert_gunicorn_refuses_a_wrong_host(site: WholeSite) -> None:
    """Whoever reaches gunicorn itself, from this machine, past nginx, is asked for the right name by Django."""
    bind = site.environment["BIND"]
    answer = site.curl().ask(f"http://{bind}/", "-H", "Host: evil.example", "-H", "X-Forwarded-Proto: https")
    assert answer.status == 400
    answer = site.curl().ask(f"http://{bind}/", "-H", f"Host: {HOST}")
    assert (answer.status, answer.headers["location"]) == (301, f"{ADDRESS}/")


def assert_production_check_finds_it_as_it_should_be(site: WholeSite) -> None:
    """All that such a site can have right; what a test's machine cannot have (passwords of servers, staff, backups) is not asked of it."""
    at = f"127.0.0.1:{site.nginx.port},127.0.0.1:{site.nginx.plain_port}"
    site.environment["SSL_CERT_FILE"] = str(site.nginx.authority)
    found = {one["look"]: one for one in json.loads(site.manage("production_check", "--json", "--at", at).stdout)}
    assert found.keys() == {look.name for look in LOOKS}
    for name in ("mode", "database version", "database migrations", "database encoding", "database durability", "database clock"):
        assert found[name]["level"] == "ok", found[name]
    for name in ("redis", "redis memory", "redis databases", "keys", "static files", "work", "proxies", "cookies", "partners"):
        assert found[name]["level"] == "ok", found[name]
    for name in ("certificate", "plain http", "hsts", "unknown host", "forged headers", "release files"):
        assert found[name]["level"] == "ok", found[name]
    assert "answers, and mails go to it in plain" in found["relay"]["sentence"]
