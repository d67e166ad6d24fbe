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
