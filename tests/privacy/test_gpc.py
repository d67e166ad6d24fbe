"""Global Privacy Control: a browser that sends `Sec-GPC: 1` gets no optional cookie, keeps none, and everything else works."""

import logging

import pytest
from django.test import RequestFactory

from accounts.models import LoginSession
from accounts.personal_data import ACCOUNT, GREETING
from privacy.areas import RESOURCES
from privacy.gpc import opted_out
from privacy.registry import registry
from tests.cast import PASSWORD
from tests.customer import Browser, link_in, log_in, mail_to, try_log_in
from tests.pages import footer_of, words_of

pytestmark = pytest.mark.django_db
GPC = {"Sec-GPC": "1"}
OPTIONAL = {"greeting", "account"}
LOG_IN = "/resources/log-in/"


@pytest.fixture
def browser() -> Browser:
    return Browser(headers=GPC)


@pytest.fixture
def known(alice) -> Browser:
    """Alice's browser, which greets her and remembers her address; she is logged out, and has just switched Global Privacy Control on."""
    browser = Browser()
    browser.get(LOG_IN, follow=True)
    log_in(alice, browser, remember="on")
    browser.post("/resources/log-out/")
    assert set(browser.cookies) >= OPTIONAL
    browser.defaults["HTTP_SEC_GPC"] = "1"
    return browser


def shown_cookies(html: str) -> set[str]:
    """The names that the ribbon says are in the browser."""
    said = words_of(footer_of(html))
    return {cookie.full_name for cookie in registry.cookies if f" {cookie.full_name} ({cookie.life_in_words})" in said}


@pytest.mark.parametrize(
    ("value", "means"), [("1", True), ("0", False), ("", False), ("true", False), ("1, 1", False), ("1 ", False), ("11", False)]
)
def test_the_one_value_is_1(value, means):
    assert opted_out(RequestFactory().get("/", headers={"Sec-GPC": value})) is means


def test_a_browser_that_says_nothing_has_not_opted_out():
    assert not opted_out(RequestFactory().get("/"))


def test_greeting_and_account_are_the_optional_cookies():
    assert {cookie.name for cookie in registry.cookies if cookie.optional} == OPTIONAL
    assert [cookie for cookie in registry.cookies_of(RESOURCES) if cookie.optional] == [GREETING, ACCOUNT]


def test_no_optional_cookie_is_set_whatever_is_asked(alice, browser):
    """The form does not offer it; should somebody send the tick all the same, the gate keeps the cookie back."""
    browser.get(LOG_IN, follow=True)
    answer = browser.post(LOG_IN, {"email": alice.email, "password": PASSWORD, "remember": "on"})
    assert (answer.status_code, set(answer.cookies)) == (302, {"session", "authentication"})
    assert browser.get("/resources/").status_code == 200


def test_the_gate_withholds_what_a_view_sets_and_reports_nothing(alice, browser, monkeypatch, caplog):
    monkeypatch.setattr("accounts.cookies.opted_out", lambda request: False)
    caplog.set_level(logging.DEBUG)
    log_in(alice, browser, remember="on")
    assert set(browser.cookies) == {"session", "authentication"}
    assert not [record for record in caplog.records if record.name.startswith("privacy")]


def test_what_the_browser_still_has_is_taken_away(known):
    answer = known.get("/resources/cookies/")
    assert {name for name, morsel in answer.cookies.items() if morsel["max-age"] == 0} == OPTIONAL
    assert all(answer.cookies[name]["path"] == "/resources/" for name in OPTIONAL)
    assert not OPTIONAL & set(known.cookies)
    assert not OPTIONAL & set(known.get("/resources/cookies/").cookies), "once is enough"


@pytest.mark.parametrize("path", ["/resources/", "/resources/none/", "/resources/password/forgotten/", LOG_IN])
def test_any_answer_of_the_area_takes_them_away_redirects_and_errors_too(known, path):
    known.get(path)
    assert not OPTIONAL & set(known.cookies)


def test_the_ribbon_tells_what_is_left(known):
    page = known.get(LOG_IN)
    assert shown_cookies(page.content.decode()) == {"session", "cookie_check"} == set(known.cookies)


def test_a_general_page_neither_gets_nor_takes_them(known):
    assert not known.get("/privacy/cookies/").cookies
    assert set(known.cookies) >= OPTIONAL


def test_the_log_in_page_says_why_it_does_not_offer_to_remember(browser, client):
    html = browser.get(LOG_IN, follow=True).content.decode()
    assert 'name="remember"' not in html
    assert "Your browser asks sites for privacy (Global Privacy Control), so this one does not offer to remember your account." in words_of(
        html
    )
    html = client.get(LOG_IN, follow=True).content.decode()
    assert 'name="remember"' in html
    assert "Global Privacy Control" not in html


def test_it_neither_greets_nor_fills_in_the_address(known):
    html = known.get(LOG_IN).content.decode()
    assert "Welcome back" not in html
    assert "Alice@example.com" not in html
    assert "Forget me" not in html


def test_a_wrong_password_is_answered_with_the_same_form(alice, browser):
    html = try_log_in(alice.email, "wrong", browser).content.decode()
    assert "do not belong together" in html
    assert 'name="remember"' not in html


def test_pages_that_differ_say_so(browser):
    for path in (LOG_IN, "/resources/cookies/"):
        assert "Sec-GPC" in browser.get(path, follow=True)["Vary"]


def test_there_is_no_known_browser_then(alice, known):
    """The greeting cookie is the proof; without it, tries count against the network and the account, as a stranger's do."""
    for number in range(10):
        try_log_in(alice.email, "wrong", REMOTE_ADDR=f"198.51.100.{number}")
    assert try_log_in(alice.email, PASSWORD, known).status_code == 429
    known.defaults["HTTP_SEC_GPC"] = "0"
    assert try_log_in(alice.email, PASSWORD, known).status_code == 429, "its cookie is gone"


def test_setting_a_password_gives_no_greeting_either(alice, browser):
    browser.post("/resources/password/forgotten/", {"email": alice.email})
    browser.get(link_in(mail_to(alice.email)))
    assert browser.post("/resources/password/set/", {"new_password": "quite another phrase"}).status_code == 302
    assert "greeting" not in browser.cookies


def test_switched_off_again_everything_is_as_before(alice, browser):
    log_in(alice, browser, remember="on")
    browser.defaults["HTTP_SEC_GPC"] = "0"
    log_in(alice, browser, remember="on")
    assert set(browser.cookies) >= OPTIONAL
    assert LoginSession.objects.count() == 2


def test_the_policy_says_so(client):
    page = words_of(client.get("/privacy/resources/").content.decode())
    assert "Global Privacy Control" in page
    for cookie in registry.cookies_of(RESOURCES):
        assert f"{cookie.path} {'yes' if cookie.optional else 'no'}" in page.partition(f" {cookie.full_name} {cookie.content}")[2][:400]


def test_the_cookie_page_says_so(client):
    page = words_of(client.get("/privacy/cookies/").content.decode())
    assert "Global Privacy Control" in page
    for cookie in registry.cookies_of(RESOURCES):
        told = page.partition(f" {cookie.full_name} What it holds {cookie.content}")[2].partition(" Attributes ")[0]
        assert f" Optional {'yes' if cookie.optional else 'no'}: " in told
