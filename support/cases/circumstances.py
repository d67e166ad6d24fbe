"""Browser and computer in words, as they are recorded with a request for priority support (promise C9), and shown before it is sent.

What is stored is plain and the same in every language; `in_words` makes sentences of it, for the customer as for staff.
"""

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.cookie_check import came_back
from accounts.personal_data import AUTHENTICATION, GREETING
from infacta.browsers import browser_and_version, system_and_version
from infacta.network import browser_of
from privacy.gpc import opted_out

LONGEST = 100
ACCEPTED, TEMPORARY, REFUSED = "accepted", "temporary", "refused"
TITLES: dict[str, str | Promise] = {
    "browser": _("Browser"),
    "system": _("System"),
    "cookies": _("Cookies"),
    "language": _("Languages"),
    "screen": _("Screen"),
}
SAID: dict[str, str | Promise] = {
    ACCEPTED: _("accepted"),
    TEMPORARY: _("accepted, but none that last longer than the browser is open"),
    REFUSED: _("refused"),
    "small": _("small, as a telephone's"),
    "large": _("not a telephone's"),
}
SCREENS = {"?1": "small", "?0": "large"}


def circumstances_of(request: HttpRequest) -> dict[str, str]:
    """What this request tells of browser and computer; what it does not tell is left out. Nothing is asked of a script."""
    agent = browser_of(request)
    told = {
        "browser": browser_and_version(agent),
        "system": system_and_version(agent),
        "cookies": cookies_of(request),
        "language": request.headers.get("Accept-Language", ""),
        "screen": SCREENS.get(request.headers.get("Sec-CH-UA-Mobile", ""), ""),
    }
    return {name: printable(value) for name, value in told.items() if printable(value)}


def cookies_of(request: HttpRequest) -> str:
    """Whether cookies come back: those of the browser session, and the permanent greeting, unless it was wished away. "" if that cannot be told."""
    if not (came_back(request) or AUTHENTICATION.full_name in request.COOKIES):
        return REFUSED
    user = request.user
    if opted_out(request) or not user.is_authenticated or not (user.greets and user.greeting_name):
        return ACCEPTED
    return ACCEPTED if GREETING.full_name in request.COOKIES else TEMPORARY


def in_words(circumstances: dict[str, str] | None) -> list[tuple[str | Promise, str | Promise]]:
    """Title and words of each, in the reader's language."""
    return [
        (title, SAID.get(circumstances[name], circumstances[name]))
        for name, title in TITLES.items()
        if circumstances and name in circumstances
    ]


def printable(text: str) -> str:
    """One line of what can be printed, not too long."""
    return " ".join("".join(filter(str.isprintable, text[: 4 * LONGEST])).split())[:LONGEST]
