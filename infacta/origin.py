"""Where a form comes from: for pages that set no cookie, and so have no token to tell it."""

from django.http import HttpRequest


def comes_from_here(request: HttpRequest) -> bool:
    """Whether the form was sent by a page of this site, as far as the browser says (Fetch Metadata, or else Origin); a very old one says nothing."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    return request.headers.get("Origin") in (None, f"{request.scheme}://{request.get_host()}")
