"""The main job in a real browser over HTTPS, on the whole site in production mode: nginx, gunicorn, a Celery worker, PostgreSQL and Redis."""

import base64
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from playwright.sync_api import Browser, Page, expect

from tests import cast
from tests.browser.conftest import QUIET
from tests.deploy.test_main_job import mailed_link, notify
from tests.deploy.whole_site import ADDRESS, HOST, WholeSite, site
from tests.nginx import needs_nginx

assert site
pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.django_db(transaction=True), needs_nginx]
PASSWORD = "four green bicycles"


@pytest.fixture
def visitor(chromium: Browser, site: WholeSite) -> Iterator[Page]:
    """A browser that finds the site by its name, and believes the one certificate that it has; no other, and no other's."""
    certificate = load_pem_x509_certificate((site.folder / "fullchain.pem").read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode()
    leading = f"MAP {HOST}:443 127.0.0.1:{site.nginx.port}, MAP {HOST}:80 127.0.0.1:{site.nginx.plain_port}"
    options = [f"--host-resolver-rules={leading}", f"--ignore-certificate-errors-spki-list={digest}"]
    browser = chromium.browser_type.launch(executable_path=shutil.which("chromium"), args=[*QUIET, *options])
    page = browser.new_context(accept_downloads=True).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    browser.close()
    assert not complaints


def test_from_purchase_to_download(visitor: Page, site: WholeSite, notebook):
    file = cast.make_file(notebook, "1.0", b"0123456789" * 100_000)
    page = visitor
    answer = page.goto(f"http://{HOST}/products/")
    assert page.url == f"{ADDRESS}/products/"
    assert answer.security_details()["protocol"] == "TLS 1.3"
    assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"

    assert notify(site) == 200
    page.goto(mailed_link(site))
    expect(page.locator("h1")).to_have_text("Set your password")
    page.fill("[name=new_password]", PASSWORD)
    page.click("main button.button")
    page.fill("[name=email]", "alice@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.button")
    expect(page.locator("h1")).to_have_text("Your downloads")
    with page.expect_download() as download:
        page.click("text=Download >> nth=-1")
    assert hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest() == file.sha256
    page.reload()
    expect(page.locator("main")).to_contain_text("4 downloads remaining")
    for cookie in page.context.cookies():
        assert cookie["name"].startswith(("__Host-", "__Secure-"))
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    assert {"__Host-session", "__Secure-authentication"} <= {cookie["name"] for cookie in page.context.cookies()}
