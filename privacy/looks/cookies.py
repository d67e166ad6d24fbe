"""The cookies that pages set, and those that were stopped (promises G9, C12)."""

from datetime import timedelta

from django.utils import timezone

from privacy.areas import area_of
from privacy.looks.pages import LOG_IN, READ_BY_ANYBODY
from privacy.looks.visiting import followed, visitor
from privacy.middleware import objection_to
from privacy.models import RefusedCookie
from privacy.promise_checks import Outcome, checks

LATELY = timedelta(days=1)


@checks("G9", "C12")
def no_page_tried_to_set_another_cookie() -> tuple[Outcome, str]:
    """What the cookie gate stripped reached nobody; but a page tried, and whoever runs the site must know which."""
    refused = RefusedCookie.objects.filter(last_at__gt=timezone.now() - LATELY)[:5]
    if said := [f"{one.name} in the area {one.area} ({one.times} times, last {one.last_at:%Y-%m-%d %H:%M} UTC)" for one in refused]:
        return Outcome.BROKEN, f"pages tried to set cookies that are not declared, which were stripped: {', '.join(said)}"
    return Outcome.KEPT, "no page tried to set an undeclared cookie within a day"


@checks("G9")
def general_pages_set_no_cookie() -> tuple[Outcome, str]:
    browser = visitor()
    if setting := [path for path in READ_BY_ANYBODY if browser.get(path).cookies]:
        return Outcome.BROKEN, f"{browser.where}: {', '.join(setting)} set a cookie for somebody who only reads"
    return Outcome.KEPT, f"{browser.where}: {len(READ_BY_ANYBODY)} general pages set no cookie"


@checks("C12")
def the_log_in_sets_declared_cookies_alone() -> tuple[Outcome, str]:
    browser = visitor()
    first, page = browser.get(LOG_IN), followed(browser, LOG_IN)
    cookies = [morsel for answer in (first, page) for morsel in answer.cookies.values()]
    if wrong := [f"{morsel.key}: {said}" for morsel in cookies if (said := objection_to(morsel, area_of(LOG_IN)))]:
        return Outcome.BROKEN, f"{browser.where}: {' '.join(wrong)}"
    if page.status != 200:
        return Outcome.BROKEN, f"{browser.where}: the log-in page answered {page.status}"
    return Outcome.KEPT, f"{browser.where}: the log-in page set {len({one.key for one in cookies})} cookies, each as declared"
