"""Staff's home in a real browser: charts and numbers by eye and by ear, on a phone and in the dark; the search from any page; a list as a file."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from audit.models import AuditEvent
from operations.home import counting
from privacy.models import PromiseState
from purchases.models import Purchase, Silence
from tests.browser.test_promotions import enter_staff, fits
from tests.staff import staff_log_in
from tests.support.cases import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK, PHONE = (
    {"viewport": {"width": 1360, "height": 900}},
    {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
)
PARTNERS = ("stripe", "paddle", "plimus", "standard-webhooks", "gumroad", "regsoft", "emetrix", "swreg")


@pytest.fixture
def site(live_server, settings) -> str:
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def month(alice) -> None:
    """A month of business."""
    now = timezone.now()
    for day in range(30):
        at = now - timedelta(days=day, minutes=5)
        for number in range((day * 7) % 9 + 2):
            partner = PARTNERS[(number * number + day) % 8]
            Purchase.objects.create(
                user=alice, partner=partner, order_reference=f"{day}-{number}", email=alice.email, name="N", purchased_at=at, recorded_at=at
            )
        kinds = {
            "login.succeeded": 12 + day % 5,
            "login.failed": day % 4,
            "download.taken": 9 + day * 3 % 7,
            "registration.confirmed": day % 6,
            "case.opened": day % 3,
        }
        AuditEvent.objects.bulk_create([AuditEvent(kind=kind, at=at) for kind, times in kinds.items() for _time in range(times)])
    PromiseState.objects.create(promise="C5", outcome="broken", since=now, looked_at=now)
    Silence.objects.create(partner="stripe", since=now - timedelta(days=3), usual_seconds=60)
    make_case()
    counting.read_all(now)
    counting.count_all(now, 600)


@pytest.fixture(
    params=[(DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark")], ids=lambda one: f"{one[0]['viewport']['width']}-{one[1]}"
)
def screen(request, chromium: Browser) -> Iterator[Page]:
    shape, scheme = request.param
    context = chromium.new_context(**shape, color_scheme=scheme, accept_downloads=True)
    yield context.new_page()
    context.close()


def looked_at(page: Page, name: str) -> None:
    """It fits, and nobody is shut out of it. SHOTS names a folder for pictures of it."""
    assert fits(page), page.url
    found = [
        one for one in Axe().run(page).response["violations"] if one["id"] != "label-title-only"
    ]  # Django's own search of a list, which has a picture
    assert not found, [(one["id"], [node["html"] for node in one["nodes"][:3]]) for one in found]
    if folder := os.environ.get("SHOTS"):
        size = page.viewport_size or {}
        dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        page.screenshot(path=str(Path(folder) / f"{name}-{size['width']}-{'dark' if dark else 'light'}.png"), full_page=True)


def test_the_home_its_figures_the_search_and_a_file(screen: Page, site, ada, alice, month):
    enter_staff(screen, site, staff_log_in(ada))
    for path, name in (
        ("/staff/", "start"),
        ("/staff/home/", "home"),
        ("/staff/home/purchases/?days=90", "figure"),
        ("/staff/purchases/purchase/", "list"),
    ):
        screen.goto(f"{site}{path}")
        looked_at(screen, name)
    with screen.expect_download() as taken:
        screen.get_by_role("button", name="Export as CSV").click()
    assert "stripe" in Path(taken.value.path()).read_text(encoding="utf-8-sig")
    screen.goto(f"{site}/staff/home/")
    expect(screen.get_by_role("img", name="Purchases")).to_be_visible()
    screen.get_by_role("searchbox").first.fill("#5-1")
    screen.get_by_role("button", name="Find").first.click()
    expect(screen.get_by_role("heading", name="Purchases")).to_be_visible()
    assert "5-1" not in screen.url
    looked_at(screen, "found")
