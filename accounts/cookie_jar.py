"""Which cookies a browser has sent, in words, and their removal: what the page of cookies shows and does (promise C12).

The jar knows what came with the request alone: a browser sends each cookie to its path, and of others' it tells nothing but the name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts import authentication, cookies
from accounts.personal_data import ACCOUNT, AUTHENTICATION, COOKIE_CHECK, GREETING
from accounts.requests import AccountsRequest
from privacy.areas import area_of
from privacy.cookies import Cookie
from privacy.gpc import opted_out
from privacy.personal_data import SESSION
from privacy.registry import registry

MOST_FOREIGN, LONGEST_NAME = 50, 60


@dataclass(frozen=True)
class Shown:
    """A cookie of this site that the browser sent; `says` is "" if nobody can tell what it says. `withheld`: this very answer takes it away."""

    cookie: Cookie
    says: str
    withheld: bool


@dataclass(frozen=True)
class Jar:
    """`ours` came with the request and is ours; `elsewhere` is ours, and never comes here; `foreign` are names that this site does not declare."""

    ours: list[Shown]
    elsewhere: list[Cookie]
    foreign: list[str]

    @property
    def removable(self) -> list[Shown]:
        return [shown for shown in self.ours if not shown.withheld]


def jar_of(request: AccountsRequest) -> Jar:
    """What this browser has sent with the request."""
    here = registry.cookies_of(area_of(request.path))
    names = {cookie.full_name for cookie in here}
    return Jar(
        ours=[shown(cookie, request) for cookie in here if cookie.full_name in request.COOKIES],
        elsewhere=[cookie for cookie in registry.cookies if cookie not in here],
        foreign=[printable(name) for name in request.COOKIES if name not in names][:MOST_FOREIGN],
    )


def shown(cookie: Cookie, request: AccountsRequest) -> Shown:
    read = READERS.get(cookie.name, lambda _value, _request: str(cookie.content))
    return Shown(cookie, read(request.COOKIES[cookie.full_name], request), withheld=cookie.optional and opted_out(request))


def printable(name: str) -> str:
    """A name that anybody may have written, short and without characters that steer a terminal or turn the reading direction."""
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name[:LONGEST_NAME])
    return clean + "…" * (len(name) > LONGEST_NAME)


def session_in_words(value: str, request: AccountsRequest) -> str:
    return _("a random number") if re.fullmatch(r"[a-z0-9]{32}", value) else ""


def authentication_in_words(value: str, request: AccountsRequest) -> str:
    """Never the number itself: whoever saw it over a shoulder would have half of a log-in."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", value):
        return ""
    if request.user.is_authenticated:
        return _("a random number, with which you are logged in")
    return _("a random number that belongs to no log-in any more")


def check_in_words(value: str, request: AccountsRequest) -> str:
    return _("the digit 1") if value == "1" else ""


def greeting_in_words(value: str, request: AccountsRequest) -> str:
    name = cookies.name_in(value)
    return _("the name “%(name)s”") % {"name": name} if name else ""


def account_in_words(value: str, request: AccountsRequest) -> str:
    address = cookies.address_in(value)
    return _("the address “%(address)s”") % {"address": address} if address else ""


READERS: dict[str, Callable[[str, AccountsRequest], str]] = {
    SESSION.name: session_in_words,
    COOKIE_CHECK.name: check_in_words,
    GREETING.name: greeting_in_words,
    ACCOUNT.name: account_in_words,
    AUTHENTICATION.name: authentication_in_words,
}


def remove(request: AccountsRequest, response: HttpResponse, chosen: list[Cookie]) -> None:
    """Let the browser forget these cookies, and end on our side what they stand for.

    The log-in ends with either of its two cookies, and the session is ended last, for whatever comes after would begin a new one.
    """
    if AUTHENTICATION in chosen or SESSION in chosen:
        authentication.log_out(request, response)
    for cookie in chosen:
        cookies.take_away(cookie, request, response)
    if SESSION in chosen:
        request.session.flush()
