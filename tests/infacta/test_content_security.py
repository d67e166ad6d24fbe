"""The ready-made Content-Security-Policy is the one that django-csp puts together."""

from dataclasses import asdict

import pytest
from csp.constants import NONCE
from csp.decorators import csp_update
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from infacta.content_security import ReadyMadeCSPMiddleware

HEADER = "Content-Security-Policy"


def header_of(middleware: type[CSPMiddleware], view) -> str:
    request = RequestFactory().get("/")
    return middleware(lambda request: view(request))(request).headers[HEADER]


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@csp_update({"img-src": ["https://pictures.example"]})
def with_pictures(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def with_nonce(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<script nonce={request.csp_nonce}></script>")  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_pages_have_it():
    ours = Client().get("/").headers[HEADER]
    asked = CSPMiddleware(plain).get_policy_parts(HttpRequest(), HttpResponse())
    assert ours == build_policy(**asdict(asked))


@pytest.mark.parametrize("view", [plain, with_pictures])
def test_what_changes_it_is_heeded(view):
    assert header_of(ReadyMadeCSPMiddleware, view) == header_of(CSPMiddleware, view)


def test_a_nonce_stands_in_the_header(settings):
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"script-src": [NONCE]}}
    assert "'nonce-" in header_of(ReadyMadeCSPMiddleware, with_nonce)


def test_another_policy_in_the_settings_is_heeded(settings):
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": ["'none'"]}, "EXCLUDE_URL_PREFIXES": ["/elsewhere/"]}
    assert header_of(ReadyMadeCSPMiddleware, plain) == header_of(CSPMiddleware, plain) == "default-src 'none'"
