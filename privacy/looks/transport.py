"""HTTPS (promises C2, R1, D4)."""

import re

from django.conf import settings

from privacy.looks.visiting import visitor
from privacy.promise_checks import Outcome, checks

A_YEAR = 31_536_000


@checks("C2", "R1", "D4")
def https_is_demanded() -> tuple[Outcome, str]:
    """By the settings: without HTTPS production keeps nothing of this, and elsewhere nobody can tell."""
    if not settings.HTTPS:
        outcome = Outcome.BROKEN if settings.PRODUCTION else Outcome.UNKNOWN
        return outcome, f"SITE_URL is {settings.SITE_URL}, without HTTPS"
    demands = {
        "SECURE_SSL_REDIRECT": settings.SECURE_SSL_REDIRECT,
        "SECURE_HSTS_SECONDS": settings.SECURE_HSTS_SECONDS >= A_YEAR,
        "SESSION_COOKIE_SECURE": settings.SESSION_COOKIE_SECURE,
    }
    if missing := [name for name, is_met in demands.items() if not is_met]:
        return Outcome.BROKEN, f"the settings do not demand it: {', '.join(missing)}"
    return Outcome.KEPT, f"the settings lead to HTTPS, and bind browsers to it for {settings.SECURE_HSTS_SECONDS // 86_400} days"


@checks("C2", "R1")
def plain_http_shows_no_page() -> tuple[Outcome, str]:
    if not settings.HTTPS:
        return Outcome.UNKNOWN, "there is no HTTPS here to lead to"
    browser = visitor()
    for path in ("/resources/", "/resources/log-in/", "/promotions/"):
        answer = browser.get(path, https=False)
        if answer.status not in (301, 308) or not answer.header("location").startswith("https://") or answer.cookies:
            return Outcome.BROKEN, f"{browser.where}: {path} answered {answer.status} without HTTPS"
    bound = re.search(r"max-age=(\d+)", browser.get("/privacy/").header("strict-transport-security"))
    if not bound or int(bound[1]) < A_YEAR:
        return Outcome.BROKEN, f"{browser.where}: browsers are not bound to HTTPS for a year (Strict-Transport-Security)"
    return Outcome.KEPT, f"{browser.where}: pages of both areas lead to HTTPS and set no cookie before, and browsers are bound to it"
