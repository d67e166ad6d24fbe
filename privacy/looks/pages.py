"""Policies, addresses and closed doors, as a visitor meets them (promises G1, G10, C1, C3)."""

from collections.abc import Iterator

from django.conf import settings
from django.urls import URLPattern, get_resolver, reverse
from django.utils.html import escape

from privacy.areas import AREAS, RESOURCES, area_of
from privacy.looks.visiting import followed, visitor
from privacy.promise_checks import Outcome, checks
from privacy.registry import registry

LOG_IN = "/resources/log-in/"
READ_BY_ANYBODY = ("/", "/privacy/", "/privacy/resources/", "/privacy/promotions/", "/privacy/cookies/", "/contact/")


@checks("G1", "C1")
def each_area_has_its_policy() -> tuple[Outcome, str]:
    """Each policy is there, and a page of the general site and of customer resources links its own."""
    browser = visitor()
    wrong = [path for path in {reverse(area.policy) for area in AREAS} if browser.get(path).status != 200]
    for path, policy in (("/", "privacy:general"), (LOG_IN, RESOURCES.policy)):
        page = followed(browser, path)
        if page.status != 200 or f'href="{reverse(policy)}"' not in page.text:
            wrong.append(path)
    if wrong:
        return Outcome.BROKEN, f"{browser.where}: {', '.join(sorted(wrong))} did not answer with its policy"
    return Outcome.KEPT, f"{browser.where}: three policies answer, and the pages that were looked at link their own"


@checks("G10")
def questions_reach_an_address() -> tuple[Outcome, str]:
    """Whether anybody reads the mails is for people to say; that the address could be theirs, and that pages name it, can be looked at."""
    host = settings.PRIVACY_EMAIL.rpartition("@")[2]
    if "." not in host:
        outcome = Outcome.BROKEN if settings.PRODUCTION else Outcome.UNKNOWN
        return outcome, f"PRIVACY_EMAIL is {settings.PRIVACY_EMAIL!r}, which is no address that mail from outside reaches"
    browser, link = visitor(), f"mailto:{escape(settings.PRIVACY_EMAIL)}"
    if missing := [path for path in ("/privacy/", "/contact/") if link not in browser.get(path).text]:
        return Outcome.BROKEN, f"{browser.where}: {', '.join(missing)} does not name {settings.PRIVACY_EMAIL}"
    return Outcome.KEPT, f"{browser.where}: the policy and the contact page name {settings.PRIVACY_EMAIL}"


@checks("C3")
def closed_pages_are_closed() -> tuple[Outcome, str]:
    """Every page of the closed areas that has an address of its own sends a stranger to the log-in."""
    paths = sorted({*closed_paths(), "/staff/"})
    browser = visitor()
    opened = [path for path in paths if not is_turned_away(browser.get(path).status)]
    if opened:
        return Outcome.BROKEN, f"{browser.where}: a stranger was let in to {', '.join(opened[:5])}"
    return Outcome.KEPT, f"{browser.where}: a stranger was turned away from each of {len(paths)} closed pages"


def is_turned_away(status: int) -> bool:
    """Led to the log-in, refused, or not answered to because the page takes something else than a GET."""
    return status in (301, 302, 303, 403, 404, 405)


def closed_paths() -> Iterator[str]:
    """The addresses below /resources/ that name nothing and are not open to strangers."""
    for pattern, route in patterns():
        if "<" not in route and area_of(f"/{route}") is RESOURCES and getattr(pattern.callback, "login_required", True):
            yield f"/{route}"


def patterns(resolver: object = None, before: str = "") -> Iterator[tuple[URLPattern, str]]:
    for pattern in getattr(resolver or get_resolver(), "url_patterns", []):
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield pattern, route
        else:
            yield from patterns(pattern, route)


@checks("G1", "C13")
def recipients_are_named() -> tuple[Outcome, str]:
    """Whoever data may go to at this moment has a name and a policy."""
    models = [declared for declared in registry.models.values() if declared.personal]
    named = {one for declared in models for one in declared.recipients_now} | {
        one for each in registry.disclosures for one in each.recipients()
    }
    nameless = sorted(one.slug for one in named if not (one.name and (one.is_former or one.policy_url.startswith("http"))))
    if nameless:
        return Outcome.BROKEN, f"without a name or a policy: {', '.join(nameless)}"
    return Outcome.KEPT, f"the policies name {len(named)} others to whom data goes or from whom it comes, each with its own policy"
