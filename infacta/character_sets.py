"""In which characters requests may come: those of the Web's forms, and no others.

Django decodes queries and forms in whatever character set a request names, with any codec that Python has: some of them break on it before
the site can answer, and in others a NUL looks like something else.
"""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

ADMITTED = ("utf-8", "ascii", "iso8859-1", "cp1252")  # as Python names them; what partners may send, and none hides an ASCII character
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def is_admitted(content_type: str) -> bool:
    """Whether a Content-Type can be read, and names no character set or one of those."""
    try:
        charset = parse_header_parameters(content_type)[1].get("charset", "utf-8")
        return codecs.lookup(charset).name in ADMITTED
    except (LookupError, ValueError):
        return False


def in_known_characters(application: Application) -> Application:
    """The site, for requests in these characters; to any other 400 in plain words, for Django cannot even begin with it."""

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if is_admitted(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"This request names characters that we do not read. Please send it in UTF-8.\n"]

    return guarded
