"""What is likely wrong, as far as can be told from the browser, the computer and the version of a case (promise C9)."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from downloads.models import Entitlement, Release, ReleaseFile
from downloads.models.release import Channel as ReleaseChannel
from downloads.models.release_file import Platform
from downloads.versions import NotAVersion, key_of
from support.cases.circumstances import REFUSED, TEMPORARY
from support.models import Case

OLDEST_BROWSERS = {
    "Chrome": 105,
    "Chrome Mobile": 105,
    "Edge": 105,
    "Firefox": 121,
    "Firefox Mobile": 121,
    "Safari": 16,
    "Mobile Safari": 16,
    "Opera": 91,
    "Samsung Internet": 20,
    "IE": 12,  # there is none
}
"""The first whole versions that know all of what this site's pages are made of (`:has()` in style sheets is the latest of it)."""
WINDOWS = {"XP": "5.1", "Vista": "6.0", "7": "6.1", "8": "6.2", "8.1": "6.3", "10": "10.0", "11": "10.0.22000"}
SYSTEM = re.compile(r"\s*(windows|mac ?os(?: ?x)?|linux)\b(?:[^0-9.]{0,10}?([0-9][0-9.]*|xp|vista)\b)?", re.IGNORECASE)
FROZEN = (Platform.MACOS, (10, 15))
"""What every browser says on any later macOS too."""


@dataclass(frozen=True)
class Fault:
    """`code` names it; `words` are for staff; `hint` is what an answer may say."""

    code: str
    words: str
    hint: str


def likely_faults(case: Case) -> list[Fault]:
    """The likeliest first; [] if nothing is known to be wrong. At most three queries; nothing is changed."""
    told = case.details.circumstances or {}
    latest = latest_release(case)
    found = [
        fault_of_cookies(told.get("cookies", "")),
        fault_of_browser(told.get("browser", "")),
        fault_of_version(case.details.version, latest),
        fault_of_system(told.get("system", ""), latest),
    ]
    return [fault for fault in found if fault]


def fault_of_cookies(cookies: str) -> Fault | None:
    hint = _(
        "Please allow cookies for our site in your browser's settings; which ones we set, and what for, stands on the page about cookies."
    )
    if cookies == REFUSED:
        return Fault("cookies", _("The browser refuses cookies: nobody can log in with it."), hint)
    if cookies == TEMPORARY:
        return Fault("lasting-cookies", _("The browser keeps no cookies after it is closed, so it is not known again."), hint)
    return None


def fault_of_browser(browser: str) -> Fault | None:
    family, _space, version = browser.rpartition(" ")
    oldest, major = OLDEST_BROWSERS.get(family), version.partition(".")[0]
    if oldest is None or not (major.isascii() and major.isdigit()) or int(major[:6]) >= oldest:
        return None
    words = _("The browser is out of date: %(browser)s.") % {"browser": browser}
    return Fault("browser", words, _("Please bring your browser up to date, or try another one."))


def fault_of_version(version: str, latest: Release | None) -> Fault | None:
    try:
        if latest is None or not version or key_of(version.strip()) >= latest.version_key:
            return None
    except NotAVersion:
        return None
    both = {"version": version, "latest": latest.version}
    words = _("Version %(version)s is not the latest that the customer may have, which is %(latest)s.") % both
    return Fault("version", words, _("Please install version %(latest)s first, and see whether it still happens.") % both)


def fault_of_system(system: str, latest: Release | None) -> Fault | None:
    platform, numbers = system_in(system)
    if latest is None or platform is None or (platform, numbers[:2]) == FROZEN:
        return None
    files = list(ReleaseFile.objects.filter(release=latest, platform__in=[platform, Platform.ANY]))
    if any(runs_on(file, numbers) for file in files):
        return None
    needed = next((file.minimum_system for file in files if file.minimum_system), "")
    named = {"system": system, "version": latest.version, "needed": f"{platform.label} {needed}".strip()}
    if not needed:
        return Fault(
            "system", _("Version %(version)s is not made for %(system)s.") % named, _("Please write to us from which system you use it.")
        )
    words = _("The system is older than version %(version)s needs: %(system)s, and it needs %(needed)s.") % named
    return Fault("system", words, _("Version %(version)s needs %(needed)s or later.") % named)


def runs_on(file: ReleaseFile, numbers: tuple[int, ...]) -> bool:
    """Whether the file's oldest system is no later than this, as far as its numbers are known."""
    needed = numbers_in(file.minimum_system)
    return not (numbers and needed) or numbers >= needed[: len(numbers)]


def system_in(words: str) -> tuple[Platform | None, tuple[int, ...]]:
    """Which system these words name, and its version in its maker's own numbers; none where they are not known."""
    found = SYSTEM.match(words)
    if not found:
        return None, ()
    name, version = found[1].lower(), (found[2] or "").strip(".")
    if name == "windows":
        return Platform.WINDOWS, numbers_in(
            WINDOWS.get(version.title() if version.isalpha() and len(version) > 2 else version.upper(), version)
        )
    return (Platform.LINUX, ()) if name == "linux" else (Platform.MACOS, numbers_in(version))


def numbers_in(version: str) -> tuple[int, ...]:
    return tuple(int(number[:6]) for number in version.split(".") if number.isascii() and number.isdigit())


def latest_release(case: Case) -> Release | None:
    """The latest stable one of the product that the customer may have; for somebody unknown, of all that are out."""
    if case.product_id is None:
        return None
    now = timezone.now()
    out = Release.objects.published(now).filter(product=case.product_id, channel=ReleaseChannel.STABLE).latest_first()
    if case.user_id is None:
        return out.first()
    ends = list(
        Entitlement.objects.filter(user=case.user_id, product=case.product_id, revoked_at=None).values_list("upgrades_until", flat=True)
    )
    return out.included(farthest(ends)).first() if ends else None


def farthest(ends: list[datetime | None]) -> datetime | None:
    """None is no end."""
    return None if None in ends else max(end for end in ends if end)
