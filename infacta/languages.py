"""In which language a visitor is spoken to: the one that they chose for this visit, and else the one that their browser asks for.

The choice stands in the anonymous session, for the general site sets no other cookie (promise G9). Inside customer resources a language in the
profile comes before it (accounts.middleware.as_the_customer_reads).
"""

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

KEY = "language"


class LanguageMiddleware(LocaleMiddleware):
    """As Django's, but for the visitor's own choice. Pages say to caches that they depend on the cookie too."""

    def process_request(self, request: HttpRequest) -> None:
        if chosen := chosen_language(request):
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language()
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["Cookie"])
        return response


def languages() -> list[tuple[str, str]]:
    """The languages of the site to choose from: asked for anew each time, so that a further one needs no migration."""
    return list(settings.LANGUAGES)


def chosen_language(request: HttpRequest) -> str:
    """The language chosen for this visit; "" if none was. Without a session's cookie nothing is asked of the database."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    try:
        chosen = request.session.get(KEY, "")
    except (OperationalError, InterfaceError):  # what needs nothing else of the database, such as a policy, is there without it
        return ""
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def choose_language(request: HttpRequest, language: str) -> None:
    """From the next page on the visit is in this language; with "", in the one that the browser asks for."""
    if language:
        request.session[KEY] = language
    else:
        request.session.pop(KEY, None)
