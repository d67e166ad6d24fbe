"""Browsers and systems in words, read from what a browser says of itself."""

from functools import lru_cache

from django.utils.translation import gettext as _
from ua_parser import parse


@lru_cache(maxsize=4096)
def device_of(user_agent: str) -> str:
    """Browser and system without their versions, such as "Firefox on Windows"; "" if neither is known. The same device keeps its words."""
    known = parse(user_agent)
    browser = known.user_agent.family if known.user_agent else ""
    system = known.os.family if known.os else ""
    return " on ".join(part for part in (browser, system) if part)


def device_in_words(user_agent: str) -> str:
    """The same for a person to read, in their language."""
    known = parse(user_agent)
    browser = known.user_agent.family if known.user_agent else _("an unknown browser")
    system = known.os.family if known.os else _("an unknown system")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}


def browser_and_version(user_agent: str) -> str:
    """Such as "Firefox 128.0"; "" if it is not known."""
    browser = parse(user_agent).user_agent
    return " ".join([browser.family, ".".join(filter(None, (browser.major, browser.minor)))]).strip() if browser else ""


def system_and_version(user_agent: str) -> str:
    """Such as "Windows 10"; "" if it is not known. Browsers say Windows 10 for 11 too, and macOS 10.15 for all that came after it."""
    system = parse(user_agent).os
    return " ".join([system.family, ".".join(filter(None, (system.major, system.minor)))]).strip() if system else ""
