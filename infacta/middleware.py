"""What no request may carry, and what none may leave behind, whatever it is for."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation

from infacta import starting

Handler = Callable[[HttpRequest], HttpResponseBase]


def end_language_and_time_zone(get_response: Handler) -> Handler:
    """Every request begins in the site's language and time zone; what is chosen on its way ends with it, and not in the thread's next request."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with translation.override(settings.LANGUAGE_CODE), timezone.override(None):
            return get_response(request)

    return middleware


def refuse_nul(get_response: Handler) -> Handler:
    """Answer 400 to a query with a NUL: no page means anything by it, and PostgreSQL breaks on it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the query")
        return get_response(request)

    return middleware


def pay_what_is_owed(get_response: Handler) -> Handler:
    """A process that was started while the database was away serves nothing until it could ask what must be asked before (infacta/starting.py)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        starting.pay()
        return get_response(request)

    return middleware
