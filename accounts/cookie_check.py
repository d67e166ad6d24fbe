"""Whether this browser accepts cookies: one is set, and the page asked for once more; it comes back or it does not (promises C9, C12).

This needs no script. The address of the second request says when the test was made, and counts for a minute only, so that
an address kept among bookmarks does not accuse a browser that was never tested (docs/decisions/cookie-check.md).
"""

import time

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.personal_data import COOKIE_CHECK
from infacta.paging import number_in

TESTED = "cookies-tested-at"  # in the query: when the test was begun, in seconds
FRESH = 60  # seconds


def came_back(request: HttpRequest) -> bool:
    return COOKIE_CHECK.full_name in request.COOKIES


def is_refused(request: HttpRequest) -> bool:
    """Whether the test was made just now, and the cookie did not come back."""
    return not came_back(request) and abs(time.time() - number_in(request.GET.get(TESTED))) < FRESH


def begin(request: HttpRequest) -> HttpResponse:
    """Set the cookie, and ask for the same page again with all that the address said."""
    query = request.GET.copy()
    query[TESTED] = str(int(time.time()))
    response = HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
    COOKIE_CHECK.set_on(response, "1")
    return response
