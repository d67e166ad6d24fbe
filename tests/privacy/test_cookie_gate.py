"""The cookie gate: a cookie that is not declared, or not in that way, never leaves. Outside production it is an error."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.personal_data import ACCOUNT, AUTHENTICATION, COOKIE_CHECK, GREETING, STAFF_AUTHENTICATION
from infacta.urls import handler400, handler403, handler404, handler500  # noqa: F401
from infacta.urls import urlpatterns as site
from privacy.areas import AREAS, GENERAL, PROMOTIONS, RESOURCES, STAFF, area_of
from privacy.middleware import UndeclaredCookie
from privacy.personal_data import SESSION
from privacy.registry import registry

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

PERFECT: dict[str, Any] = {"path": "/resources/", "httponly": True, "samesite": "Lax"}
YEAR = timedelta(days=365)
answers: list[Callable[[HttpResponse], object]] = []


def answer(request: HttpRequest) -> HttpResponse:
    """A page of any area, that sets whatever the test says."""
    response = HttpResponse("the page")
    for change in answers:
        change(response)
    return response


answer.login_required = False  # type: ignore[attr-defined]
urlpatterns = [*(path(f"{area.prefix.lstrip('/')}page/", answer) for area in AREAS), *site]


@pytest.fixture
def visit():
    """Visit a page that does this to its response, and see the answer."""

    def go(change: Callable[[HttpResponse], object], at: str = "/resources/page/", secure: bool = False) -> HttpResponse:
        answers[:] = [change]
        return Client().get(at, secure=secure)

    yield go
    answers.clear()


@pytest.fixture
def production(settings):
    settings.PRODUCTION = True


@pytest.fixture
def https(settings):
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-session"


def setting(name: str, value: str = "1", **attributes: Any) -> Callable[[HttpResponse], object]:
    return lambda response: response.set_cookie(name, value, **attributes)


WRONG = {
    "an undeclared name": (setting("tracker", **PERFECT), "'tracker': the area 'resources' declares no such cookie."),
    "a name in other letters": (setting("Cookie_Check", **PERFECT), "declares no such cookie."),
    "the prefix of HTTPS without HTTPS": (setting("__Secure-cookie_check", **PERFECT), "declares no such cookie."),
    "Django's own CSRF cookie": (setting("csrftoken", path="/", httponly=True, samesite="Lax"), "declares no such cookie."),
    "the whole site instead of the area": (setting("cookie_check", **PERFECT | {"path": "/"}), "its path is '/' instead of '/resources/'."),
    "a path of the area": (setting("cookie_check", **PERFECT | {"path": "/resources"}), "its path is '/resources' instead of"),
    "all hosts of the domain": (setting("cookie_check", **PERFECT, domain=".vendor.example"), "its domain is '.vendor.example'"),
    "a life that was not promised": (
        setting("cookie_check", **PERFECT, max_age=60),
        "its life is 60 seconds instead of the browser session.",
    ),
    "an end by date": (setting("cookie_check", **PERFECT, expires="Fri, 01 Jan 2100 00:00:00 GMT"), "instead of the browser session."),
    "a longer life": (
        setting("greeting", **PERFECT, max_age=YEAR + timedelta(seconds=1)),
        "its life is 31536001 seconds instead of 365 days",
    ),
    "a shorter life": (setting("greeting", **PERFECT, max_age=60), "its life is 60 seconds"),
    "no life at all": (setting("greeting", **PERFECT), "its life is '' seconds"),
    "open to scripts": (setting("cookie_check", **PERFECT | {"httponly": False}), "it must be HttpOnly, SameSite=Lax"),
    "SameSite missing": (setting("cookie_check", path="/resources/", httponly=True), "it must be HttpOnly, SameSite=Lax"),
    "SameSite=None": (setting("cookie_check", **PERFECT | {"samesite": "None"}), "it must be HttpOnly, SameSite=Lax"),
    "SameSite=Strict": (setting("cookie_check", **PERFECT | {"samesite": "Strict"}), "it must be HttpOnly, SameSite=Lax"),
    "a value in a deletion": (setting("cookie_check", "secret", **PERFECT, max_age=0), "its life is 0 seconds"),
    "a deletion of what is not ours": (lambda response: response.delete_cookie("tracker"), "declares no such cookie."),
    "a deletion at another path": (lambda response: response.delete_cookie("greeting"), "its path is '/' instead of '/resources/'."),
    "a header by hand": (lambda response: response.headers.setdefault("Set-Cookie", "cookie_check=1"), "a Set-Cookie header of its own"),
}
each_wrong = pytest.mark.parametrize(("change", "objection"), WRONG.values(), ids=WRONG)


@each_wrong
def test_what_is_not_declared_is_an_error(visit, change, objection):
    with pytest.raises(UndeclaredCookie) as raised:
        visit(change)
    assert objection in str(raised.value)
    assert str(raised.value).startswith("/resources/page/ sets ")
    assert "Declare it in the app's personal_data.py, or do not set it." in str(raised.value)


@each_wrong
def test_in_production_it_is_stripped_and_reported(visit, change, objection, production, caplog):
    response = visit(change)
    assert (response.status_code, response.content) == (200, b"the page")
    assert (dict(response.cookies), response.get("Set-Cookie")) == ({}, None)
    (report,) = [record for record in caplog.records if record.name == "privacy.middleware"]
    assert report.levelno == logging.ERROR
    assert "was stripped from /resources/page/" in report.message
    assert objection.partition(": ")[2] in report.message
    assert "secret" not in report.message, "values stay out of the log"


def test_the_declared_ones_beside_a_stripped_one_stay(visit, production):
    def both(response: HttpResponse) -> None:
        GREETING.set_on(response, "Alice")
        response.set_cookie("tracker", "1")

    assert set(visit(both).cookies) == {"greeting"}


@pytest.mark.parametrize("cookie", registry.cookies, ids=lambda cookie: cookie.name)
def test_the_declared_ones_pass_set_and_deleted(visit, cookie):
    for area in cookie.areas:
        at = f"{area.prefix}page/"
        assert visit(lambda response: cookie.set_on(response, "value"), at).cookies[cookie.name].value == "value"
        deleted = visit(cookie.delete_from, at).cookies[cookie.name]
        assert (deleted.value, deleted["max-age"], deleted["path"]) == ("", 0, cookie.path)


@pytest.mark.parametrize("cookie", [COOKIE_CHECK, GREETING, ACCOUNT, AUTHENTICATION, STAFF_AUTHENTICATION], ids=lambda cookie: cookie.name)
@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.slug)
def test_no_area_sets_a_cookie_of_another(visit, cookie, area):
    at = f"{area.prefix}page/"
    if area in cookie.areas:
        assert cookie.name in visit(lambda response: cookie.set_on(response, "1"), at).cookies
    else:
        with pytest.raises(UndeclaredCookie, match=f"the area '{area.slug}' declares no such cookie"):
            visit(lambda response: cookie.set_on(response, "1"), at)


def test_of_all_cookies_the_session_alone_belongs_everywhere():
    assert SESSION.areas == AREAS
    for area in (GENERAL, PROMOTIONS):
        assert registry.cookies_of(area) == [SESSION]
    assert registry.cookies_of(STAFF) == [SESSION, STAFF_AUTHENTICATION]
    assert STAFF_AUTHENTICATION not in registry.cookies_of(RESOURCES)


@pytest.mark.parametrize("at", ["/", "/resourcesx/", "/Resources/", "//resources/page/", "/privacy/resources/"])
def test_what_only_looks_like_the_area_is_general(at):
    assert area_of(at) is GENERAL


@pytest.mark.parametrize(("at", "area"), [("/resources", RESOURCES), ("/promotions", PROMOTIONS), ("/staff", STAFF), ("/staff/x", STAFF)])
def test_the_first_segment_decides(at, area):
    assert area_of(at) is area


def test_over_https_the_prefix_and_secure_belong_to_it(visit, https):
    for cookie in (SESSION, GREETING, COOKIE_CHECK):
        morsel = visit(lambda response, cookie=cookie: cookie.set_on(response, "1"), secure=True).cookies[cookie.full_name]
        assert cookie.full_name == cookie.prefix + cookie.name
        assert (bool(morsel["secure"]), bool(morsel["httponly"]), morsel["samesite"]) == (True, True, "Lax")
    for wrong in (setting("__Secure-cookie_check", **PERFECT), setting("cookie_check", **PERFECT, secure=True)):
        with pytest.raises(UndeclaredCookie):
            visit(wrong, secure=True)


def test_without_https_secure_is_wrong(visit):
    """Such a cookie would never come back, and nobody could log in."""
    with pytest.raises(UndeclaredCookie):
        visit(setting("cookie_check", **PERFECT, secure=True))
