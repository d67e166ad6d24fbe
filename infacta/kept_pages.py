"""Public pages that are the same for everybody who comes without a cookie: put together once in a few seconds, in each process.

Everything around the page goes on for every request: the address is resolved, all headers are set, and the foot of the page says what this visit
recorded. Whoever has a cookie, such as staff who have just changed something, gets the page as it is at that moment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language

from infacta.kept import Kept

MOST = 200
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Page:
    content: bytes
    headers: dict[str, str]


kept: Kept[Page] = Kept(settings.PAGES_KEPT_SECONDS, MOST)


def same_for_everybody(view: View) -> View:
    """For views that ask nothing of the request but its address, host and language. It stands outside of what sets headers of the page itself."""

    @wraps(view)
    def kept_or_made(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        if not kept.seconds or request.method != "GET" or request.COOKIES or request.META.get("QUERY_STRING"):
            return view(request, *args, **named)
        key = f"{request.scheme} {request.get_host()} {get_language()} {request.META.get('HTTP_SEC_GPC', '')[:1]} {request.path}"
        if page := kept.get(key):
            return HttpResponse(page.content, headers=page.headers)
        response = view(request, *args, **named)
        if type(response) is HttpResponse and is_for_everybody(request, response):
            kept.put(key, Page(response.content, dict(response.headers)))
        return response

    return kept_or_made


def is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    """Nothing but a page: whoever reads it began no session by it, and gets no cookie."""
    return response.status_code == 200 and not response.cookies and not request.session.modified
