"""The privacy ribbon: at the foot of every page, what this very visit recorded and which cookies this browser has (promise G1).

The whole foot of the page is put in here, for it depends on nothing but the area, what was recorded, and the cookies.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeGuard

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import get_language

from privacy.areas import Area, area_of
from privacy.middleware import is_deletion
from privacy.registry import Flow, registry

MARKER = b"<!--privacy-ribbon-->"
NOTES = "infacta.recorded"  # in request.META, which the session's and the error pages' requests all have


def privacy_ribbon(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Put the ribbon where a page has its marker.

    It stands outside the session's middleware, so that it sees every cookie, and outside Django's CommonMiddleware, so that
    the page which refuses a wrong Host has it too.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if is_page(response) and (place := response.content.rfind(MARKER)) >= 0:  # from the end, where it stands: policies are long
            ribbon = rendered(area_of(request.path), flows_of(request), cookies_of(request, response), get_language())
            before, after = response.content[:place], response.content[place + len(MARKER) :]
            response.content = b"".join((before, ribbon, after))
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


def is_page(response: HttpResponseBase) -> TypeGuard[HttpResponse]:
    """Files that one saves, such as a licence with its owner's name, stay as they are to the byte."""
    return isinstance(response, HttpResponse) and response.headers.get("Content-Type", "").startswith("text/html")


def note(request: HttpRequest, flow: Flow) -> None:
    """This visit has recorded that; the ribbon will say so."""
    request.META.setdefault(NOTES, set()).add(flow.slug)


def flows_of(request: HttpRequest) -> tuple[Flow, ...]:
    """What the visit recorded: what every visit does, and what was noted."""
    noted = request.META.get(NOTES, set())
    return tuple(flow for flow in registry.flows_of(area_of(request.path)) if flow.always or flow.slug in noted)


def cookies_of(request: HttpRequest, response: HttpResponse) -> tuple[str, ...]:
    """The full names of the area's cookies that the browser has once it has read this response."""
    kept = set(request.COOKIES) - {name for name, morsel in response.cookies.items() if is_deletion(morsel)}
    kept |= {name for name, morsel in response.cookies.items() if not is_deletion(morsel)}
    return tuple(cookie.full_name for cookie in registry.cookies_of(area_of(request.path)) if cookie.full_name in kept)


@lru_cache(maxsize=512)
def rendered(area: Area, flows: tuple[Flow, ...], names: tuple[str, ...], language: str | None) -> bytes:
    """The foot for an area, what was recorded, and the cookies in the browser; there are few combinations, so each is rendered once."""
    cookies = [cookie for cookie in registry.cookies_of(area) if cookie.full_name in names]
    context = {
        "area": area,
        "cookies": cookies,
        "flows": flows,
        "languages": settings.LANGUAGES,
        "site_name": settings.SITE_NAME,
        "vendor_address": settings.VENDOR_ADDRESS,
    }
    return render_to_string("footer.html", context).encode()
