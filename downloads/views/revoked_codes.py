"""The public list of revoked codes: whole, and in parts."""

import logging
import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from downloads.codes.revoked import PREFIX_LENGTH, part, present_snapshot
from downloads.signing import BadKey

CACHED = "public, max-age=300"
log = logging.getLogger(__name__)


@require_safe
def everything(request: HttpRequest) -> HttpResponseBase:
    return published(request, "")


@require_safe
def by_prefix(request: HttpRequest, prefix: str) -> HttpResponseBase:
    """Those whose digest begins with these two digits; 404 for what are none."""
    if not re.fullmatch(rf"[0-9a-f]{{{PREFIX_LENGTH}}}", prefix):
        raise Http404
    return published(request, prefix)


def published(request: HttpRequest, prefix: str) -> HttpResponseBase:
    """The signed list; 304 for whoever has it already, 503 while nothing can be signed."""
    try:
        snapshot = present_snapshot()
        etag = snapshot.etag(prefix)
        response = get_conditional_response(request, etag) or HttpResponse(part(snapshot, prefix), content_type="application/json")
    except BadKey as error:
        log.error("The list of revoked codes cannot be signed: %s", error)
        return JsonResponse({"error": "not_signed", "message": "The list cannot be signed at the moment. Ask again later."}, status=503)
    response["ETag"], response["Cache-Control"] = etag, CACHED
    return response
