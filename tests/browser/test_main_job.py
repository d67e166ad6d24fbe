"""The main job, clicked through in a real browser."""

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_home_opens(page: Page, live_server):
    page.goto(live_server.url)
    assert page.locator("h1").is_visible()
