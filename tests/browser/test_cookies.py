"""Cookies in a real browser: one that refuses them and runs no script, one that asks for Global Privacy Control, and one that removes them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import QUIET
from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NO_COOKIES = {"profile": {"default_content_setting_values": {"cookies": 2}}}  # what "block all cookies" writes into a profile


@pytest.fixture
def refusing(chromium: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """Chromium as somebody sets it up who wants neither cookies nor scripts."""
    (tmp_path / "profile" / "Default").mkdir(parents=True)
    (tmp_path / "profile" / "Default" / "Preferences").write_text(json.dumps(NO_COOKIES))
    context = chromium.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=shutil.which("chromium"), args=QUIET, java_script_enabled=False
    )
    yield context
    context.close()


def log_in(page: Page, site: str, email: str, remember: bool = False) -> None:
    page.goto(f"{site}/resources/log-in/")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    if remember:
        page.check("[name=remember]")
    page.click("main form >> nth=0 >> button")
    expect(page.locator("h1")).to_have_text("Your downloads")


def names_in(context: BrowserContext) -> set[str]:
    return {cookie["name"] for cookie in context.cookies()}


def test_a_browser_that_refuses_cookies_is_told_so_without_a_script(refusing: BrowserContext, live_server):
    page = refusing.new_page()
    page.goto(f"{live_server.url}/resources/account/")
    expect(page.locator("h1")).to_have_text("Log in")
    expect(page.locator(".message.error")).to_contain_text("Your browser refuses the cookies of this site")
    expect(page.locator(".ribbon")).to_contain_text("No cookie was set.")
    expect(page.locator("[name=password]")).to_be_visible()
    page.click("text=Try again")
    expect(page.locator(".message.error")).to_contain_text("Your browser refuses the cookies of this site")
    assert names_in(refusing) == set()
    page.goto(f"{live_server.url}/resources/cookies/")
    expect(page.locator("main")).to_contain_text("None: your browser sent no cookie of this site.")


def test_a_browser_that_accepts_them_is_not_bothered(page: Page, live_server, alice):
    page.goto(f"{live_server.url}/resources/log-in/")
    expect(page.locator(".message")).to_have_count(0)
    assert names_in(page.context) == {"session", "cookie_check"}


def test_with_global_privacy_control_the_optional_ones_stay_out_and_go(chromium: Browser, live_server, alice):
    context = chromium.new_context()
    page = context.new_page()
    log_in(page, live_server.url, alice.email, remember=True)
    assert names_in(context) == {"session", "cookie_check", "greeting", "account", "authentication"}
    context.set_extra_http_headers({"Sec-GPC": "1"})
    page.goto(f"{live_server.url}/resources/cookies/")
    expect(page.locator("tbody")).to_contain_text("the name “Alice Archer”")
    expect(page.locator(".ribbon")).not_to_contain_text("greeting")
    assert names_in(context) == {"session", "cookie_check", "authentication"}
    page.click("text=Log out")
    expect(page.locator("[name=remember]")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Global Privacy Control")
    log_in(page, live_server.url, alice.email)
    assert names_in(context) == {"session", "cookie_check", "authentication"}
    context.close()


def test_cookies_are_removed_one_by_one_and_all_at_once(page: Page, live_server, alice):
    log_in(page, live_server.url, alice.email, remember=True)
    page.click("footer >> text=Cookies in this browser")
    page.click("button[value=account]")
    expect(page.locator(".message")).to_have_text("Removed: account. Your browser does not send it any more.")
    assert names_in(page.context) == {"session", "cookie_check", "greeting", "authentication"}
    page.click("text=Remove all of them")
    expect(page.locator("main")).to_contain_text("None: your browser sent no cookie of this site.")
    assert names_in(page.context) == set()


def test_forget_me_on_this_computer(page: Page, live_server, alice):
    log_in(page, live_server.url, alice.email, remember=True)
    page.click("text=Log out")
    expect(page.locator("[name=email]")).to_have_value("Alice@example.com")
    page.click("text=Forget me on this computer")
    expect(page.locator("main")).to_contain_text("This browser has forgotten you.")
    expect(page.locator("[name=email]")).to_have_value("")
    assert names_in(page.context) == {"session", "cookie_check"}
