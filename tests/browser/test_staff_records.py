"""Support in a real browser: finds the customer, says what for, and closes the record again; accessible, and no wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.staff import staff_log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def inspect(page: Page) -> None:
    """No violation of axe's, and nothing beside the screen."""
    violations = Axe().run(page).response["violations"]
    assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_support_opens_and_closes_a_record(chromium: Browser, live_server, sam, alice, scheme):
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    cookies = staff_log_in(sam).cookies
    context.add_cookies(
        [{"name": name, "value": cookies[name].value, "url": f"{live_server.url}/"} for name in ("session", "staff_authentication")]
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/staff/")
    page.click("#user-tools >> text=Find a customer")
    inspect(page)
    page.fill("[name=typed]", alice.email)
    page.click("button:text-is('Find')")
    inspect(page)
    page.click("text=Open the record")
    inspect(page)
    page.fill("[name=reason]", "case 4711: a broken download")
    page.click("button:text-is('Open the record')")
    assert page.locator(".field-name .readonly").inner_text() == "Alice Archer"
    page.click(".rows-of >> text=Unlock codes")
    assert "NTE-" in page.locator("#result_list").inner_text()
    page.click("text=Close it now")
    assert "The record is closed." in page.locator("#content-start").inner_text()
    context.close()
