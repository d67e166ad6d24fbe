"""The cookie gate, and the headers of each area."""

import logging
from collections.abc import Callable
from http.cookies import Morsel

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from privacy import refusals
from privacy.areas import Area, area_of
from privacy.cookies import Cookie
from privacy.gpc import opted_out
from privacy.p3p.compact import header_of
from privacy.registry import registry

log = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]


class UndeclaredCookie(Exception):
    """A response set a cookie that the area has not declared, or not in that way."""


def area_headers(get_response: Handler) -> Handler:
    """Keep pages of the closed areas, and of the one that is monitored, out of every cache (ASVS 14.3.2), unless a view says what else is right for it.

    Every answer carries the compact policy of its area (promise G2).
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        area = area_of(request.path)
        response.headers["P3P"] = header_of(area)
        if area.stores_nothing:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def cookie_gate(get_response: Handler) -> Handler:
    """Let only declared cookies out (promises G9, C12): an error in development and tests, stripped and reported in production.

    Where the browser asks for it, the optional ones stay inside too.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, morsel in list(response.cookies.items()):
            if objection := objection_to(morsel, area_of(request.path)):
                refuse(request, name, objection)
                del response.cookies[name]
        if header := response.headers.get("Set-Cookie"):
            refuse(request, header.partition("=")[0], "it comes in a Set-Cookie header of its own, past everything declared.")
            del response.headers["Set-Cookie"]
        if opted_out(request):
            withhold_optional(request, response)
        return response

    return middleware


def withhold_optional(request: HttpRequest, response: HttpResponse) -> None:
    """Set none of the area's optional cookies, and take away those that the browser still has. That is no fault of anybody's, and not logged."""
    for cookie in registry.cookies_of(area_of(request.path)):
        if cookie.optional:
            response.cookies.pop(cookie.full_name, None)
            if cookie.full_name in request.COOKIES:
                cookie.delete_from(response)


def refuse(request: HttpRequest, name: str, objection: str) -> None:
    """Raise UndeclaredCookie; in production report that the cookie is stripped."""
    if not settings.PRODUCTION:
        raise UndeclaredCookie(
            f"{request.path} sets the cookie {name!r}: {objection} Declare it in the app's personal_data.py, or do not set it."
        )
    log.error("The cookie %r was stripped from %s: %s", name, request.path, objection)
    refusals.note(area_of(request.path), name)


def objection_to(morsel: Morsel[str], area: Area) -> str:
    """Why the area may not set this cookie; "" if it may."""
    declared = next((cookie for cookie in registry.cookies_of(area) if cookie.full_name == morsel.key), None)
    if declared is None:
        return f"the area {area.slug!r} declares no such cookie."
    if morsel["path"] != declared.path:
        return f"its path is {morsel['path']!r} instead of {declared.path!r}."
    if morsel["domain"]:
        return f"its domain is {morsel['domain']!r}, so that other hosts would get it too."
    if is_deletion(morsel):
        return ""
    if not lives_as_declared(morsel, declared):
        return f"its life is {morsel['max-age']!r} seconds instead of {declared.life or 'the browser session'}."
    if not morsel["httponly"] or morsel["samesite"] != "Lax" or bool(morsel["secure"]) != settings.HTTPS:
        return "it must be HttpOnly, SameSite=Lax and, over HTTPS, Secure."
    return ""


def is_deletion(morsel: Morsel[str]) -> bool:
    """Whether the browser is told to forget the cookie: that is always allowed, and carries no value worth protecting."""
    return str(morsel["max-age"]) == "0" and not morsel.value


def lives_as_declared(morsel: Morsel[str], declared: Cookie) -> bool:
    """A cookie lives exactly as long as declared."""
    if declared.life is None:
        return morsel["max-age"] == "" and morsel["expires"] == ""
    return str(morsel["max-age"]) == str(int(declared.life.total_seconds()))
