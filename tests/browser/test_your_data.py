"""Your data in a real browser: a report asked for, waited for, fetched and read; an erasure asked for and cancelled; in German too."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, expect

from privacy.tasks import look_at_promises, publish_policies
from rights import tasks
from tests.browser.test_cookies import log_in
from tests.browser.test_staff_records import inspect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PUBLISHED = (
    *("/privacy/", "/privacy/general/versions/", "/privacy/cookies/", "/privacy/retention/", "/privacy/promises/"),
    *("/privacy/machine-readable/", "/privacy/choices/", "/privacy/your-data/"),
)


def test_alice_has_a_report_made_and_reads_it(page: Page, live_server, alice, alices, tmp_path: Path):
    log_in(page, live_server.url, alice.email)
    page.goto(f"{live_server.url}/resources/your-data/")
    page.click("main >> a:has-text('Have a report made')")
    page.click("button:has-text('Make my report')")
    expect(page.locator("main")).to_contain_text("It is being made.")
    assert tasks.make_due_reports() == 1
    expect(page.locator("main")).to_contain_text("It is ready", timeout=15_000)  # the page looks again by itself
    with page.expect_download() as fetched:
        page.click("main >> text=Fetch the report")
    fetched.value.save_as(tmp_path / "report.zip")
    ZipFile(tmp_path / "report.zip").extractall(tmp_path / "book")
    page.goto((tmp_path / "book" / "index.html").as_uri())
    page.click("text=Your purchases >> nth=0")
    expect(page.locator("body")).to_contain_text("Alice@example.com")


def test_alice_asks_for_erasure_and_cancels_it(page: Page, live_server, alice, alices):
    log_in(page, live_server.url, alice.email)
    page.goto(f"{live_server.url}/resources/your-data/erasure/")
    expect(page.locator("main")).to_contain_text("the law demands that orders are kept")
    page.click("main >> a.button:has-text('Go on')")
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    page.click("button:has-text('Erase everything')")
    expect(page.locator("main")).to_contain_text("Until then nothing changes")
    page.click("button:has-text('Cancel it: keep everything')")
    expect(page.locator("body")).not_to_contain_text("Until then nothing changes")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_published_is_for_every_eye(chromium: Browser, live_server, alice, scheme, width, language):
    """No wider than the screen, and accessible (axe)."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language)
    page = context.new_page()
    publish_policies()
    look_at_promises()
    for path in (*PUBLISHED, "/language/"):
        page.goto(f"{live_server.url}{path}")
        inspect(page)
    context.close()
