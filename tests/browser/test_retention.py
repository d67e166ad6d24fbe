"""How retention stands, in a real browser: accessible, and no wider than a phone, by day and by night."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser

from accounts.models import Throttle
from privacy.models import RetentionRun
from privacy.retention.walking import walk
from privacy.templatetags import retention as banner
from tests.browser.test_staff_records import inspect
from tests.staff import staff_log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_administration_looks_at_retention(chromium: Browser, live_server, ada, scheme, width):
    walk()
    RetentionRun.objects.filter(destroyer="mailroom.tasks.purge_mails").update(problem="OperationalError at mailroom/tasks.py:40", tries=2)
    Throttle.objects.create(key="k", free_at=(timezone.now() - timedelta(days=3)).timestamp())
    cache.delete(banner.KEY)
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    cookies = staff_log_in(ada).cookies
    context.add_cookies(
        [{"name": name, "value": cookies[name].value, "url": f"{live_server.url}/"} for name in ("session", "staff_authentication")]
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/staff/")
    page.click("#user-tools >> text=Retention")
    inspect(page)
    assert "Failed, 2 times in a row" in page.locator("#content-main").inner_text()
    assert page.locator("[role=alert]").inner_text().startswith("1 destroyer failed")
    context.close()
