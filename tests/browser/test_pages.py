"""Every page: valid HTML (the Nu checker), accessible (axe), no complaint in the console, nothing wider than a phone."""

import os
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from accounts.models import Throttle
from audit.kinds import Kind
from audit.log import record
from tests.customer import link_in, log_in, mail_to
from tests.staff import enrolled, give_password, staff_log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OPEN = [
    "/",
    "/products/",
    "/products/notebook/",
    "/contact/",
    "/privacy/",
    "/privacy/resources/",
    "/privacy/promotions/",
    "/privacy/cookies/",
    "/privacy/retention/",
    "/development/mail/",
    "/no-such-page/",
    "/resources/log-in/",
    "/resources/password/forgotten/",
    "/resources/password/MQ/x-y/",
    "/staff/login/",
]
CLOSED = [
    "/resources/",
    "/resources/products/{entitlement}/",
    "/resources/account/",
    "/resources/account/password/",
    "/resources/activity/",
    "/resources/activity/log-ins/",
    "/resources/activity/downloads/",
    "/resources/activity/staff/",
    "/resources/activity/changes/",
]
STAFF = ["/staff/second-factor/enrol/", "/staff/password_change/"]


def readers(alice, ada):
    record(Kind.RECORD_OPENED, user=alice, actor=ada, role="Support", reason="case 123: a lost code")
    record(Kind.DOWNLOAD_TAKEN, user=alice, product="NOTEBOOK", file="notebook-1.0.zip")
    return log_in(alice), staff_log_in(ada)


def html_of_every_page(alice, alices, ada, notebook_file) -> dict[str, str]:
    stranger, (customer, staff) = log_in(alice), readers(alice, ada)
    stranger.post("/resources/log-out/")
    stranger.post("/resources/password/forgotten/", {"email": alice.email})
    link = link_in(mail_to(alice.email))
    pages = {path: stranger.get(path).content.decode() for path in OPEN}
    customer.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    pages |= {path: customer.get(path.format(entitlement=alices.pk)).content.decode() for path in CLOSED}
    pages["report"] = customer.get(f"/resources/activity/sessions/{alice.login_sessions.earliest('pk').pk}/report/").content.decode()
    pages |= {path: staff.get(path).content.decode() for path in STAFF}
    stranger.get(link)
    pages["set password"] = stranger.get("/resources/password/set/").content.decode()
    pages["forgotten, sent"] = stranger.post("/resources/password/forgotten/", {"email": alice.email}).content.decode()
    pages["log-in, with errors"] = stranger.post("/resources/log-in/", {"email": "x", "password": ""}).content.decode()
    pages["recovery codes"] = staff.post("/staff/second-factor/recovery-codes/").content.decode()
    alices.revoke(1)
    pages["refunded"] = customer.get("/resources/").content.decode()
    pages["refused"] = customer.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).content.decode()
    give_password(ada, stranger)
    enrolled(ada)
    pages["second factor"] = stranger.get("/staff/second-factor/").content.decode()
    Throttle.objects.update(free_at=9e12)
    pages["too many tries"] = stranger.post("/resources/log-in/", {"email": alice.email, "password": "x"}).content.decode()
    return pages


def test_every_page_is_valid_html(alice, alices, ada, notebook_file, tmp_path: Path):
    jar = os.environ.get("VNU_JAR", "")
    assert Path(jar).is_file(), "Set VNU_JAR to the Nu checker's vnu.jar; .ci/run fetches it."
    for number, (name, html) in enumerate(html_of_every_page(alice, alices, ada, notebook_file).items()):
        (tmp_path / f"{number:02}-{''.join(filter(str.isalnum, name))}.html").write_text(html)
    command = ["java", "-jar", jar, "--errors-only", "--skip-non-html", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert not result.stderr, result.stderr


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_axe_violation_or_is_wider_than_a_phone(page: Page, live_server, alice, alices, ada, notebook_file, scheme):
    customer, staff = readers(alice, ada)
    cookies = {name: customer.cookies[name].value for name in ("session", "authentication")}
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    found: dict[str, object] = {}
    for path in OPEN:
        found |= inspected(page, live_server.url + path)
    page.context.add_cookies([{"name": name, "value": value, "url": f"{live_server.url}/"} for name, value in cookies.items()])
    for path in CLOSED:
        found |= inspected(page, live_server.url + path.format(entitlement=alices.pk))
    page.context.clear_cookies()
    cookies = {name: staff.cookies[name].value for name in ("session", "staff_authentication")}
    page.context.add_cookies([{"name": name, "value": value, "url": f"{live_server.url}/"} for name, value in cookies.items()])
    for path in STAFF:
        found |= inspected(page, live_server.url + path)
    assert found == {}


def inspected(page: Page, url: str) -> dict[str, object]:
    """What is wrong with a page, by its address; nothing if nothing is."""
    page.goto(url)
    violations = Axe().run(page).response["violations"]
    wrong = [f"{one['id']}: {[node['html'][:120] for node in one['nodes']][:3]}" for one in violations]
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > 360:
        wrong.append(f"{width} pixels wide")
    return {url: wrong} if wrong else {}
