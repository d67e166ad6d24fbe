"""Whether this installation tells machines what it promises to tell them (promise G2), read through the site's own middleware."""

import json
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from wsgiref.util import setup_testing_defaults
from xml.etree import ElementTree

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponseBase
from django.utils import timezone

from privacy.areas import AREAS, GENERAL
from privacy.p3p.checks import gaps
from privacy.p3p.compact import REFERENCE_FILE, header_of
from privacy.p3p.documents import POLICIES_FILE
from privacy.p3p.vocabulary import NAMESPACE
from privacy.promise_checks import Outcome, checks
from privacy.registry import registry

P3P = {"p3p": NAMESPACE}


@checks("G2")
def machines_are_told() -> tuple[Outcome, str]:
    complaints = [
        *complaints_of_files(),
        *complaints_of_headers(),
        *complaints_of_successors(),
        *(wrong for _n, wrong, _hint in gaps(registry)),
    ]
    if complaints:
        return Outcome.BROKEN, " ".join(complaints)
    return Outcome.KEPT, f"{REFERENCE_FILE} and {POLICIES_FILE} are whole and valid today, and all {len(AREAS)} areas send their header."


def complaints_of_files() -> Iterator[str]:
    """Both files are XML of P3P, valid for a while, and every policy that is referred to is there."""
    try:
        references, policies = (ElementTree.fromstring(body_of(fetched(path))) for path in (REFERENCE_FILE, POLICIES_FILE))  # noqa: S314 (our own)
    except ElementTree.ParseError as error:
        yield f"A file of P3P is not XML: {error}."
        return
    for path, root in ((REFERENCE_FILE, references), (POLICIES_FILE, policies)):
        lives = [int(expiry.get("max-age", "0")) for expiry in root.iterfind(".//p3p:EXPIRY", P3P)]
        if not lives or min(lives) <= 0:
            yield f"{path} is expired."
    named = {policy.get("name") for policy in policies.iterfind("p3p:POLICY", P3P)}
    for reference in references.iterfind(".//p3p:POLICY-REF", P3P):
        path, _hash, name = (reference.get("about") or "").partition("#")
        if path != POLICIES_FILE or name not in named:
            yield f"{REFERENCE_FILE} refers to {reference.get('about')}, and no such policy is there."


def complaints_of_headers() -> Iterator[str]:
    """Asked without the last slash, an area redirects, and that records nothing; the file of the general area records nothing either."""
    for area in AREAS:
        path = REFERENCE_FILE if area is GENERAL else area.prefix.rstrip("/")
        if fetched(path).headers.get("P3P") != header_of(area):
            yield f"{area.prefix} does not send its compact policy."


def complaints_of_successors() -> Iterator[str]:
    """What browsers and finders of faults read today."""
    if json.loads(body_of(fetched("/.well-known/gpc.json")) or b"{}").get("gpc") is not True:
        yield "/.well-known/gpc.json does not say that Global Privacy Control is honoured."
    fields = dict(line.split(": ", 1) for line in body_of(fetched("/.well-known/security.txt")).decode().splitlines() if ": " in line)
    if not fields.get("Contact") or datetime.fromisoformat(fields.get("Expires", "2000-01-01T00:00:00+00:00")) <= timezone.now():
        yield "/.well-known/security.txt is expired, or names no contact."


def fetched(path: str) -> HttpResponseBase:
    """What the site answers to a stranger, without a detour over the network."""
    environ = {"PATH_INFO": path, "HTTP_HOST": settings.SITE_HOST, "wsgi.input": BytesIO()}
    setup_testing_defaults(environ)
    environ["wsgi.url_scheme"] = "https" if settings.HTTPS else "http"
    if settings.HTTPS and settings.SECURE_PROXY_SSL_HEADER:
        name, value = settings.SECURE_PROXY_SSL_HEADER
        environ[name] = value
    return WSGIHandler().get_response(WSGIRequest(environ))


def body_of(response: HttpResponseBase) -> bytes:
    """Nothing for whatever is not there."""
    return bytes(response.getvalue()) if response.status_code == 200 and not response.streaming else b""
