"""What visitors see when something went wrong.

These are the site's own handlers: Django's ask the session for a CSRF token, and a request that is refused early (a wrong
Host, say) has none. They render without the request, for whatever broke may break again.
"""

import logging
import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

from infacta import under_way
from infacta.away import part_away, say
from privacy.areas import RESOURCES, area_of
from privacy.personal_data import APPLICATION_LOG
from privacy.ribbon import note
from website.context import SITE

RETRY_AFTER = {"database": "30", "disk": "3600"}
log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, 400)


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, 403)


def page_not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """What nobody foresaw is a 500, with the number that the log has for this request; a part that is away is a 503, so that partners, programs and people come again."""
    error = sys.exc_info()[1]
    part = part_away(error)
    if not (error and part):
        return page(request, 500, number=under_way.current.get().id)
    say(part, error, log)
    answer = page(request, 503, part_away=part)
    answer.headers["Retry-After"] = RETRY_AFTER[part]
    answer.headers["Cache-Control"] = "no-store"
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: most often a browser that refuses cookies, which is then told so (promises C9, C12)."""
    context = {"cookies_refused": not request.COOKIES, "again": again(request)}
    return page(request, 403, "csrf_failure.html", **context)


def again(request: HttpRequest) -> str:
    """The page to load again; a path that a browser might take for another site is not offered."""
    return request.path if url_has_allowed_host_and_scheme(request.path, allowed_hosts=None) else RESOURCES.prefix


def page(request: HttpRequest, status: int, template: str = "", **context: Any) -> HttpResponse:
    note(request, APPLICATION_LOG)
    content = render_to_string(template or f"{status}.html", SITE | {"area": area_of(request.path)} | context)
    return HttpResponse(content, status=status)
