"""The main job, clicked through in a real browser: purchase, mail, password, log-in, download."""

import hashlib
import re
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from playwright.sync_api import Page, expect

from infacta.management.commands.work import run
from infacta.schedule import SWEEPS
from tests import cast
from tests.customer import link_in
from tests.staff import code_of, enrolled, staff_log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECRET = "whsec_dGhlIGJyb3dzZXIgdGVzdHMnIG93biBzZWNyZXQgb2YgMzIgYnl0ZXM="


@pytest.fixture
def site(live_server, settings, notebook_file) -> str:
    settings.SITE_URL = live_server.url
    settings.PARTNERS["standard-webhooks"]["secrets"] = [SECRET]
    return live_server.url


def purchase(site: str, email: str, quantity: int = 1) -> None:
    """A partner's notification over HTTP, and the worker's sweeps."""
    call_command(
        "demo_purchase", "--url", site, "--email", email, "--product", "NOTEBOOK", "--quantity", str(quantity), "--name", "Nora New"
    )
    for sweep in SWEEPS[:2]:
        run(sweep)


def fill_in(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"[name={name}]", value)
    page.click("main button.button")


def test_from_purchase_to_download(page: Page, site, notebook_file, settings):
    settings.EMAIL_BACKEND = "mailroom.backends.EmlFileBackend"
    purchase(site, "nora@example.com")

    page.goto(f"{site}/development/mail/")
    page.click("text=Your unlock codes")
    code = re.search(r"NTE(-\w{5}){4}", page.inner_text("main"))[0]
    page.click("main a[href*='/resources/password/']")
    expect(page.locator("h1")).to_have_text("Set your password")
    assert page.url == f"{site}/resources/password/set/"
    fill_in(page, new_password="four green bicycles")
    fill_in(page, email="NORA@example.com", password="four green bicycles")

    expect(page.locator("h1")).to_have_text("Your downloads")
    expect(page.locator("main")).to_contain_text(code)
    expect(page.locator("main")).to_contain_text("5 downloads remaining")
    with page.expect_download() as download:
        page.click("text=Download >> nth=-1")
    content = Path(download.value.path()).read_bytes()
    assert hashlib.sha256(content).hexdigest() == notebook_file.sha256
    assert download.value.suggested_filename == "notebook-1.0.zip"
    page.reload()
    expect(page.locator("main")).to_contain_text("4 downloads remaining")

    page.click("text=Log out")
    expect(page.locator("main")).to_contain_text("You are logged out")
    expect(page.locator("main")).to_contain_text("Welcome back, Nora New")
    page.goto(f"{site}/resources/")
    expect(page.locator("h1")).to_have_text("Log in")


def test_a_second_and_a_third_purchase_add_to_the_account(page: Page, site):
    purchase(site, "nora@example.com")
    page.goto(site + link_in(mail.outbox[-1]))
    fill_in(page, new_password="four green bicycles")
    purchase(site, "Nora@Example.com")
    purchase(site, "nora@example.com", quantity=3)
    assert "unlock codes" in mail.outbox[-1].subject
    assert "/resources/password/" not in mail.outbox[-1].body
    fill_in(page, email="nora@example.com", password="four green bicycles")
    assert page.locator(".unlock-code").count() == 5
    expect(page.locator("main")).to_contain_text("15 downloads remaining")


def test_remember_this_account_fills_in_the_address(page: Page, site, alice):
    page.goto(f"{site}/resources/log-in/")
    page.check("[name=remember]")
    fill_in(page, email=alice.email, password=cast.PASSWORD)
    page.click("text=Log out")
    expect(page.locator("[name=email]")).to_have_value(alice.email)
    expect(page.locator("[name=remember]")).to_be_checked()


def test_a_browser_that_refuses_cookies_is_told_so(page: Page, site, alice):
    page.goto(f"{site}/resources/log-in/")
    page.context.clear_cookies()
    fill_in(page, email=alice.email, password=cast.PASSWORD)
    expect(page.locator("main")).to_contain_text("refuses cookies")


def test_a_code_is_copied(page: Page, site, alice, alices):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site}/resources/log-in/")
    fill_in(page, email=alice.email, password=cast.PASSWORD)
    page.click("p.code button.copy")
    expect(page.locator("p.code button.copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == alices.unlock_codes.get().code


def test_staff_upload_a_release_with_a_progress_bar(page: Page, site, ada, notebook_file, tmp_path):
    page.goto(f"{site}/staff/")
    device = enrolled(ada)
    fill_in(page, email=ada.email, password=cast.PASSWORD)
    fill_in(page, token=code_of(device))
    expect(page.locator("#content h1")).to_have_text("Staff")
    file = tmp_path / "notebook-1.0-linux.tar"
    file.write_bytes(b"\x00" * 30_000_000)
    page.goto(f"{site}/staff/downloads/releasefile/add/")
    page.click(".select2-selection")
    page.click(".select2-results__option >> text=Notebook 1.0")
    page.set_input_files("[name=file]", file)
    page.evaluate(
        """() => new MutationObserver((_changes, watch) => sessionStorage.setItem('progress', document.querySelector('.upload output').textContent))
        .observe(document.querySelector('.upload output'), {childList: true, characterData: true, subtree: true})"""
    )
    with page.expect_navigation(url=f"{site}/staff/downloads/release/{notebook_file.release_id}/change/"):
        page.click("[name=_save]")
    assert page.evaluate("sessionStorage.getItem('progress')") == "100 %"
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    expect(page.locator("#content")).to_contain_text("notebook-1.0-linux.tar")
    digest = hashlib.sha256(b"\x00" * 30_000_000).hexdigest()
    assert notebook_file.release.files.get(name="notebook-1.0-linux.tar").sha256 == digest


def test_errors_of_an_upload_stand_in_the_form(page: Page, site, ada):
    client = staff_log_in(ada)
    page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": site} for name in ("session", "staff_authentication")]
    )
    page.goto(f"{site}/staff/downloads/releasefile/add/")
    expect(page.locator(".upload-failed")).to_be_hidden()
    expect(page.locator("p.upload")).to_be_hidden()
    page.evaluate("document.querySelectorAll('[required]').forEach((input) => input.removeAttribute('required'))")
    page.click("[name=_save]")
    expect(page.locator(".errorlist").first).to_contain_text("This field is required")
    page.route("**/releasefile/add/", lambda route: route.fulfill(status=502))
    page.click("[name=_save]")
    expect(page.locator(".upload-failed")).to_contain_text("nothing was saved")
