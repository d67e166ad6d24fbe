"""The two permanent cookies: greeting a person who wants it, remembering an address, and "Forget me on this computer"."""

import pytest
from django.test import Client

from accounts import cookies
from tests.cast import PASSWORD
from tests.customer import Browser, link_in, log_in, mail_to
from tests.pages import words_of

pytestmark = pytest.mark.django_db
LOG_IN = "/resources/log-in/"


@pytest.fixture
def browser(alice) -> Browser:
    """Alice's, logged in, with both permanent cookies."""
    browser = Browser()
    browser.get(LOG_IN, follow=True)
    log_in(alice, browser, remember="on")
    assert set(browser.cookies) >= {"greeting", "account"}
    return browser


def forget_offered(client: Client) -> bool:
    return "Forget me on this computer" in words_of(client.get(LOG_IN, follow=True).content.decode())


def test_forget_me_takes_both_permanent_cookies_and_shows_the_clean_page(browser):
    browser.post("/resources/log-out/")
    assert forget_offered(browser)
    page = browser.post("/resources/log-in/forget/", follow=True)
    html = page.content.decode()
    assert page.redirect_chain == [(LOG_IN, 302)]
    assert {"greeting", "account"}.isdisjoint(browser.cookies)
    assert "This browser has forgotten you." in words_of(html)
    for trace in ("Alice", "Welcome back", "Forget me", "checked"):
        assert trace not in html
    assert not forget_offered(browser)


@pytest.mark.parametrize("left", ["greeting", "account"])
def test_it_is_offered_when_either_is_there_and_to_nobody_else(browser, left):
    browser.post("/resources/log-out/")
    for name in {"greeting", "account"} - {left}:
        del browser.cookies[name]
    assert forget_offered(browser)
    assert not forget_offered(Browser())


def test_it_is_offered_after_a_wrong_password_too(browser, alice):
    browser.post("/resources/log-out/")
    assert "Forget me" in browser.post(LOG_IN, {"email": alice.email, "password": "x"}).content.decode()


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [("/resources/account/?page=2", "/resources/account/?page=2"), ("https://evil.example/", "/resources/"), ("\x00", "/resources/")],
)
def test_it_leads_on_to_where_one_wanted_to_go_and_nowhere_else(browser, wanted, kept):
    browser.post("/resources/log-out/")
    page = browser.post("/resources/log-in/forget/", {"next": wanted}, follow=True)
    assert page.context["next"] == kept


def test_it_works_by_post_with_a_token_alone(alice):
    client = Browser(enforce_csrf_checks=True)
    client.cookies["greeting"] = "x"
    assert client.get("/resources/log-in/forget/").status_code == 405
    assert client.post("/resources/log-in/forget/").status_code == 403


def test_forgetting_twice_does_no_harm(client):
    assert client.post("/resources/log-in/forget/").status_code == 302


def test_who_does_not_want_to_be_greeted_gets_no_greeting_and_loses_the_old_one(browser, alice):
    type(alice).objects.update(greets=False)
    browser.post("/resources/log-out/")
    answer = browser.post(LOG_IN, {"email": alice.email, "password": PASSWORD})
    assert answer.cookies["greeting"]["max-age"] == 0
    assert "greeting" not in browser.cookies
    assert "greeting" not in log_in(alice, Browser()).cookies


def test_who_has_no_name_gets_no_empty_greeting(alice):
    type(alice).objects.update(name="", greeting="")
    answer = Client().post(LOG_IN, {"email": alice.email, "password": PASSWORD})
    assert set(answer.cookies) == {"session", "authentication"}


def test_setting_a_password_obeys_the_switch(browser, alice):
    type(alice).objects.update(greets=False)
    browser.post("/resources/log-out/")
    browser.post("/resources/password/forgotten/", {"email": alice.email})
    browser.get(link_in(mail_to(alice.email)))
    assert "greeting" in browser.cookies
    browser.post("/resources/password/set/", {"new_password": "quite another phrase"})
    assert "greeting" not in browser.cookies


def test_without_the_greeting_the_browser_is_a_strangers(browser, alice, rf):
    """The cookie is what proves that the browser was used before; the help of the preference says so."""
    request = rf.get(LOG_IN)
    request.COOKIES = {"greeting": browser.cookies["greeting"].value}
    assert cookies.known_browser(request, alice, cookies.LOG_IN)
    request.COOKIES = {}
    assert not cookies.known_browser(request, alice, cookies.LOG_IN, cookies.LINK)
    assert "you may have to wait" in type(alice)._meta.get_field("greets").help_text
