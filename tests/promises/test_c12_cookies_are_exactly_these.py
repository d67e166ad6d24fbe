"""C12: the cookies of this site are exactly those that it declares: anonymous where nobody need be known, at their paths, for their lives.

A temporary one tests whether cookies work; a permanent one greets; an optional permanent one fills in the address; a temporary one shows
who is logged in; and the anonymous session cookie. Staff have a log-in cookie of their own. The permanent ones are optional: Global Privacy
Control, a switch, a tick and a button keep them out.
"""

import re
from http.cookies import Morsel
from typing import Any

import pytest
from django.core import signing
from django.http import HttpResponse

from accounts.models import LoginSession, User
from privacy.areas import area_of
from privacy.registry import registry
from tests.cast import PASSWORD
from tests.customer import Browser, log_in, mail_to
from tests.pages import staff_addresses, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
YEAR = 365 * 24 * 3600
PROMISED = {
    # name over HTTPS: path, life in seconds (None: until the browser closes)
    "__Host-session": ("/", None),
    "__Secure-cookie_check": ("/resources/", None),
    "__Secure-greeting": ("/resources/", YEAR),
    "__Secure-account": ("/resources/", YEAR),
    "__Secure-authentication": ("/resources/", None),
    "__Secure-staff_authentication": ("/staff/", None),
}
OPTIONAL = {"__Secure-greeting", "__Secure-account"}


class Witness(Browser):
    """A browser that keeps every cookie it was ever given, with the page that gave it."""

    def __init__(self, https: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.https = https
        self.seen: list[tuple[str, Morsel]] = []

    def request(self, **request):
        if self.https:
            request["wsgi.url_scheme"] = "https"
        response = super().request(**request)
        assert "Set-Cookie" not in response.headers
        self.seen += [(request["PATH_INFO"], morsel) for morsel in response.cookies.values()]
        return response

    def names(self) -> set[str]:
        return {morsel.key for _path, morsel in self.seen}


@pytest.fixture
def https(settings) -> None:
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-session"


def life(morsel: Morsel) -> int | None:
    """Seconds until the browser forgets it; None: when it closes."""
    assert (morsel["max-age"] == "") == (morsel["expires"] == "")
    return None if morsel["max-age"] == "" else int(morsel["max-age"])


def walk_as_customer(browser: Browser, user: User, paths: list[str]) -> None:
    """Everything that sets or takes a cookie: log-in with all that is optional, wrong log-in, every page, passwords, log-out."""
    browser.get("/resources/log-in/", follow=True)
    browser.post("/resources/log-in/", {"email": user.email, "password": "wrong"})
    browser.post("/resources/log-in/", {"email": user.email, "password": PASSWORD, "remember": "on"})
    assert browser.get("/resources/").status_code == 200
    for path in paths:
        browser.get(path)
        browser.head(path)
        browser.options(path)
    browser.post("/resources/password/forgotten/", {"email": user.email})
    token = re.search(r"(/resources/password/\S+/\S+/)", mail_to(user.email).text)
    browser.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    browser.get(token[1] if token else "")
    browser.post("/resources/log-out/")
    browser.post("/resources/log-in/forget/")
    browser.post("/resources/log-in/", {"email": user.email, "password": "another long phrase", "remember": "on"})
    for name in ("cookie_check", "authentication", "session", "all"):
        browser.get("/resources/cookies/")
        browser.post("/resources/cookies/", {"remove": name})
    browser.post("/resources/log-in/", {"email": user.email, "password": "another long phrase"})
    browser.post("/resources/log-out/")


def walk_as_staff(browser: Browser, user: User) -> None:
    staff_log_in(user, browser)
    for path in staff_addresses():
        browser.get(path)
    browser.post("/staff/second-factor/recovery-codes/")
    browser.post("/staff/password_change/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    browser.post("/staff/logout/")


def walk_everywhere(browser: Browser, customer: User, staff: User, paths: list[str]) -> None:
    """As a stranger, as a customer, as staff."""
    for path in paths:
        browser.get(path)
    walk_as_customer(browser, customer, paths)
    walk_as_staff(browser, staff)


@pytest.fixture
def witness(https, alice, ada, every_address) -> Witness:
    """Has been everywhere."""
    browser = Witness(https=True)
    walk_everywhere(browser, alice, ada, every_address)
    return browser


def test_c12_the_promise_and_the_registry_are_one(https):
    assert {cookie.full_name for cookie in registry.cookies if cookie.optional} == OPTIONAL
    declared = {
        cookie.full_name: (cookie.path, None if cookie.life is None else int(cookie.life.total_seconds())) for cookie in registry.cookies
    }
    assert declared == PROMISED


def test_c12_a_walk_everywhere_meets_exactly_these(witness):
    assert witness.names() == set(PROMISED)
    for path, morsel in witness.seen:
        promised_path, promised_life = PROMISED[morsel.key]
        assert morsel["path"] == promised_path, (path, morsel.key)
        assert path.startswith(promised_path), "a page sets cookies of its own area alone"
        assert morsel["domain"] == "", (path, morsel.key)
        assert (bool(morsel["secure"]), bool(morsel["httponly"]), morsel["samesite"]) == (True, True, "Lax"), (path, morsel.key)
        assert (life(morsel) == promised_life) if morsel.value else (life(morsel) == 0), (path, morsel.key)


def test_c12_the_same_walk_with_global_privacy_control_meets_all_but_the_optional_ones(https, alice, ada, every_address):
    browser = Witness(https=True, headers={"Sec-GPC": "1"})
    walk_everywhere(browser, alice, ada, every_address)
    assert browser.names() == set(PROMISED) - OPTIONAL


def test_c12_whoever_switches_it_on_later_loses_the_optional_ones_with_the_next_page(https, alice):
    browser = Witness(https=True)
    log_in(alice, browser, remember="on")
    assert set(browser.cookies) >= OPTIONAL
    browser.defaults["HTTP_SEC_GPC"] = "1"
    assert browser.get("/resources/").status_code == 200
    assert set(browser.cookies) == {"__Host-session", "__Secure-authentication"}


def test_c12_each_cookie_holds_what_is_promised_and_no_more(witness, alice, ada):
    for _path, morsel in witness.seen:
        name, value = morsel.key.removeprefix("__Host-").removeprefix("__Secure-"), morsel.value
        if not value:
            continue
        match name:
            case "session":
                assert re.fullmatch(r"[a-z0-9]{32}", value)
            case "cookie_check":
                assert value == "1"
            case "authentication" | "staff_authentication":
                assert re.fullmatch(r"[\w-]{43}", value)
            case "greeting":
                inner = signing.Signer(salt="greeting").unsign(value)
                assert signing.loads(inner, salt=f"greeting:{alice.pk}") == "Alice Archer"
            case "account":
                assert signing.loads(value, salt="account") == "Alice@example.com"


def test_c12_a_stranger_who_only_reads_gets_nothing_outside_the_closed_areas(every_address):
    browser = Witness()
    for path in every_address:
        if area_of(path).slug == "general":
            browser.get(path)
    assert browser.seen == []


def test_c12_a_stranger_in_the_area_gets_the_temporary_ones_alone(every_address):
    browser = Witness()
    for path in every_address:
        browser.get(path)
    assert browser.names() == {"session", "cookie_check"}


def test_c12_the_address_is_kept_only_if_the_person_asks_and_never_logs_in(alice):
    browser = Witness()
    log_in(alice, browser)
    assert "account" not in browser.names()
    log_in(alice, browser, remember="on")
    browser.post("/resources/log-out/")
    assert 'value="Alice@example.com"' in browser.get("/resources/log-in/", follow=True).content.decode()
    assert browser.get("/resources/").status_code == 302
    log_in(alice, browser)
    assert "account" not in browser.cookies, "not ticked: taken away again"
    browser.post("/resources/log-out/")
    assert "Alice@example.com" not in browser.get("/resources/log-in/", follow=True).content.decode()


def test_c12_the_greeting_stays_after_log_out_and_never_logs_in(alice):
    browser = Witness()
    log_in(alice, browser)
    browser.post("/resources/log-out/")
    assert set(browser.cookies) == {"session", "greeting"}
    assert "Welcome back, Alice Archer." in browser.get("/resources/log-in/", follow=True).content.decode()
    assert browser.get("/resources/").status_code == 302


@pytest.mark.parametrize("name", ["greeting", "account"])
def test_c12_what_somebody_else_wrote_into_a_cookie_is_not_believed(alice, name):
    browser = Witness()
    log_in(alice, browser, remember="on")
    browser.post("/resources/log-out/")
    browser.cookies[name] = "x" + browser.cookies[name].value
    page = browser.get("/resources/log-in/", follow=True).content.decode()
    assert ("Welcome back" in page) == (name != "greeting")
    assert ("Alice@example.com" in page) == (name != "account")


def test_c12_the_authentication_cookie_exists_only_while_somebody_is_logged_in(alice):
    browser = Witness()
    log_in(alice, browser)
    token = browser.cookies["authentication"].value
    browser.post("/resources/log-out/")
    assert "authentication" not in browser.cookies
    browser.cookies["authentication"] = token
    assert browser.get("/resources/").status_code == 302
    assert LoginSession.objects.get().token_hash != token, "the database knows a digest alone"


def test_c12_cookies_of_the_area_are_sent_nowhere_else(alice):
    browser = Witness()
    log_in(alice, browser, remember="on")
    for path, sent in {
        "/": {"session"},
        "/staff/login/": {"session"},
        "/resources/": {"session", "greeting", "account", "authentication"},
    }.items():
        assert set(browser.get(path).wsgi_request.COOKIES) == sent


def test_c12_every_log_in_has_new_random_numbers(alice):
    tokens = [log_in(alice, Witness()).cookies for _time in range(3)]
    for name in ("session", "authentication"):
        assert len({cookies[name].value for cookies in tokens}) == 3


def test_c12_a_number_that_was_there_before_the_log_in_is_worth_nothing_after_it(alice):
    """Whoever had slipped a visitor a session of their own would otherwise share the log-in."""
    browser = Witness()
    browser.get("/resources/log-in/", follow=True)
    before = browser.cookies["session"].value
    log_in(alice, browser)
    assert browser.cookies["session"].value != before
    during, token = browser.cookies["session"].value, browser.cookies["authentication"].value
    browser.cookies["session"] = before
    assert browser.get("/resources/").status_code == 302
    browser.cookies.load({"session": during, "authentication": token})
    browser.post("/resources/log-out/")
    assert browser.cookies["session"].value != during


def test_c12_csrf_tokens_and_messages_need_no_cookie_of_their_own(alice):
    browser = Witness(enforce_csrf_checks=True)
    page: HttpResponse = browser.get("/resources/log-in/", follow=True)
    form = {"email": alice.email, "password": PASSWORD, "csrfmiddlewaretoken": str(page.context["csrf_token"])}
    assert browser.post("/resources/log-in/", form).status_code == 302
    token = str(browser.get("/resources/").context["csrf_token"])
    browser.post("/resources/log-out/", {"csrfmiddlewaretoken": token})
    assert "You are logged out." in browser.get("/resources/log-in/", follow=True).content.decode()
    assert browser.names() == {"session", "cookie_check", "greeting", "authentication"}


def test_c12_the_log_in_page_tells_a_browser_that_refuses_cookies_without_a_script():
    """The anonymous temporary cookie is set, and asked for by one redirect; nothing else is set before it has come back."""
    browser = Witness()
    answer = browser.get("/resources/log-in/")
    assert (answer.status_code, browser.names()) == (302, {"cookie_check"})
    browser.cookies.clear()
    page = browser.get(answer["Location"]).content.decode()
    assert "Your browser refuses the cookies of this site" in page
    assert browser.names() == {"cookie_check"}


def test_c12_the_greeting_can_be_switched_off(alice):
    type(alice).objects.update(greets=False)
    browser = Witness()
    log_in(alice, browser)
    assert "greeting" not in browser.names()


def test_c12_both_permanent_ones_go_with_one_button_and_each_with_its_own(alice):
    browser = Witness()
    log_in(alice, browser, remember="on")
    browser.post("/resources/log-out/")
    browser.post("/resources/log-in/forget/")
    assert set(browser.cookies) == {"session"}
    log_in(alice, browser, remember="on")
    for cookie in ("account", "greeting", "authentication"):
        browser.post("/resources/cookies/", {"remove": cookie})
        assert cookie not in browser.cookies
    assert browser.get("/resources/").status_code == 302


def test_c12_a_visitor_sees_what_the_own_cookies_say(alice):
    browser = Witness()
    log_in(alice, browser, remember="on")
    page = words_of(browser.get("/resources/cookies/").content.decode())
    for name, says in {"greeting": "the name “Alice Archer”", "account": "the address “Alice@example.com”"}.items():
        assert f"{name} optional {says}" in page
    assert browser.cookies["authentication"].value not in page
