"""Where a product's wizard sends to (docs/diagnostics-api.md): tus 1.0.0 with creation, expiration and termination; no cookie, no account."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.limits import DIAGNOSTICS_PIECES, TooManyTries, demand
from infacta.request_body import BadBody, body_of
from support.diagnostics.asking import SCHEMA, malformed, metadata_in, told_in
from support.diagnostics.beginning import begin
from support.diagnostics.limits import MEGABYTE, MOST_BYTES_OF_DETAILS, OLDEST, PIECE_ADVISED, largest
from support.diagnostics.problems import Problem
from support.diagnostics.receiving import receive
from support.diagnostics.sought import cancel, sought
from support.models import DiagnosticsUpload

TUS = "1.0.0"
OFFSETS = "application/offset+octet-stream"
View = Callable[..., HttpResponseBase]


def answers_problems(view: View) -> View:
    """Whatever is wrong is answered as a problem in JSON, and every answer has the headers of the protocol."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **values)
        except Problem as problem:
            response = shown(problem)
        except TooManyTries as refusal:
            detail = _("This was done very often just now. What came is kept: please wait a moment, and go on.")
            wait = {"Retry-After": str(max(1, refusal.seconds))}
            response = shown(Problem(429, "too-many-tries", _("Too many requests"), detail, wait))
        response["Tus-Resumable"] = TUS
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return csrf_exempt(answering)  # nothing that a browser sends by itself opens anything here


def shown(problem: Problem) -> HttpResponse:
    members = {"type": f"{address_of('help:wizard_api')}#{problem.kind}", "title": problem.title, "status": problem.status}
    answer = JsonResponse(
        members | {"detail": problem.detail} | problem.extra, status=problem.status, content_type="application/problem+json"
    )
    for name, value in problem.headers.items():
        answer[name] = value
    return answer


def address_of(name: str) -> str:
    return settings.SITE_URL + reverse(name)


@answers_problems
def uploads(request: HttpRequest) -> HttpResponseBase:
    """POST begins an upload, GET tells the terms, OPTIONS what of the protocol is spoken."""
    match method_of(request):
        case "OPTIONS":
            return spoken(HttpResponse(status=204))
        case "GET" | "HEAD":
            return JsonResponse(terms(), headers={"Cache-Control": "max-age=60"})
        case "POST":
            return begun(request)
    raise not_allowed("GET, HEAD, OPTIONS, POST")


@answers_problems
def upload(request: HttpRequest, token: str) -> HttpResponseBase:
    """HEAD and GET tell how much has come, PATCH writes on, DELETE ends it and destroys what came."""
    method = method_of(request)
    if method == "OPTIONS":
        return spoken(HttpResponse(status=204))
    if method not in ("GET", "HEAD", "PATCH", "DELETE"):
        raise not_allowed("DELETE, GET, HEAD, OPTIONS, PATCH")
    if method != "GET":
        demand_tus(request)
    found = sought(token)
    demand_few(request, found)
    if method == "DELETE":
        cancel(found)
        return HttpResponse(status=204)
    if method == "PATCH":
        return written(request, found)
    return told(found)


def begun(request: HttpRequest) -> HttpResponse:
    if request.content_type == "application/json":
        raw = whole_body(request)
    else:
        demand_tus(request)
        raw = metadata_in(request.headers.get("Upload-Metadata", ""), request.headers.get("Upload-Length", ""))
    made, token = begin(told_in(raw, address_of("help:wizard")), request)
    location = reverse("help:diagnostics_upload", args=[token])
    answer = JsonResponse(state_of(made) | {"location": location, "piece": PIECE_ADVISED}, status=201)
    answer["Location"] = location
    return about(answer, made)


def whole_body(request: HttpRequest) -> bytes:
    try:
        return body_of(request, MOST_BYTES_OF_DETAILS)
    except BadBody as error:
        if error.status == 413:
            detail = _("What happened can be told in 20,000 characters; the files come afterwards.")
            raise Problem(413, "beginning-too-large", _("This is too much to begin with"), detail) from error
        raise malformed(_("The body broke off.")) from error


def written(request: HttpRequest, found: DiagnosticsUpload) -> HttpResponse:
    """204 as long as more is to come; 200 with the number of the case for the last piece, and for the last piece again."""
    if request.content_type != OFFSETS:
        detail = _("Send pieces as %(type)s.") % {"type": OFFSETS}
        raise Problem(415, "unsupported-media-type", _("This is no piece of a file"), detail)
    offset = whole_number(request.headers.get("Upload-Offset", ""))
    length = request.META.get("CONTENT_LENGTH") or ""
    chunked = not length and request.META.get("wsgi.input_terminated")
    read = request.META["wsgi.input"].read if chunked else request.read
    found = receive(found, offset, read, whole_number(length) if length else None, request)
    return about(told(found) if found.case_id else HttpResponse(status=204), found)


def whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Problem(400, "malformed", _("This is no piece of a file"), _("Upload-Offset and the length must be whole numbers."))
    return int(text)


def told(found: DiagnosticsUpload) -> HttpResponse:
    return about(JsonResponse(state_of(found)), found)


def state_of(found: DiagnosticsUpload) -> dict[str, Any]:
    if found.case:
        return {"state": "opened", "offset": found.size, "size": found.size, "case": found.case.reference}
    return {"state": "receiving", "offset": found.received, "size": found.size, "expires": found.until.isoformat()}


def about(answer: HttpResponse, found: DiagnosticsUpload) -> HttpResponse:
    answer["Upload-Offset"], answer["Upload-Length"] = str(found.size if found.case_id else found.received), str(found.size)
    if not found.case_id:
        answer["Upload-Expires"] = http_date(found.until.timestamp())
    return answer


def terms() -> dict[str, Any]:
    return {
        "largest": largest(),
        "piece": PIECE_ADVISED,
        "oldest_wizard": ".".join(map(str, OLDEST)),
        "wizard": address_of("help:wizard"),
        "schema": address_of("help:diagnostics_schema"),
    }


def spoken(answer: HttpResponse) -> HttpResponse:
    answer["Tus-Version"], answer["Tus-Extension"], answer["Tus-Max-Size"] = TUS, "creation,expiration,termination", str(largest())
    return answer


def method_of(request: HttpRequest) -> str:
    """As the protocol wants it: some clients can send nothing but GET and POST."""
    return str((request.headers.get("X-HTTP-Method-Override") if request.method == "POST" else "") or request.method).upper()


def demand_tus(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != TUS:
        detail = _("Send the header Tus-Resumable: 1.0.0, or begin with JSON.")
        raise Problem(412, "other-protocol", _("This is another version of the protocol"), detail, {"Tus-Version": TUS})


def demand_few(request: HttpRequest, found: DiagnosticsUpload) -> None:
    """Raises TooManyTries. What carries much cannot come often, for its size is bounded."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and int(length) >= MEGABYTE):
        demand(DIAGNOSTICS_PIECES, str(found.pk))


def not_allowed(methods: str) -> Problem:
    title = HTTPStatus(405).phrase
    return Problem(405, "method-not-allowed", title, _("Possible here: %(methods)s.") % {"methods": methods}, {"Allow": methods})


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/schema+json")
