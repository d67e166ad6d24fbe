"""The page of the cookies in this very browser: what each says in words, a button to remove each, and nothing set by looking."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import LoginSession
from audit.models import AuditEvent
from privacy.areas import RESOURCES
from privacy.registry import registry
from tests.cast import PASSWORD
from tests.customer import Browser, log_in
from tests.pages import Tags, footer_of, words_of

pytestmark = pytest.mark.django_db
PAGE = "/resources/cookies/"
LOG_IN = "/resources/log-in/"
UNREADABLE = "nothing that we can read: it was changed, or this site did not write it"


@pytest.fixture
def browser(alice) -> Browser:
    """Alice's, logged in, with every cookie that the area has."""
    browser = Browser(enforce_csrf_checks=False)
    browser.get(LOG_IN, follow=True)
    log_in(alice, browser, remember="on")
    assert set(browser.cookies) == {cookie.name for cookie in registry.cookies_of(RESOURCES)}
    return browser


def rows(html: str) -> dict[str, str]:
    """What the page says of each cookie that came, by its name."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    said = [words_of(row) for row in body.split("</tr>") if "<code>" in row]
    return {row.split()[0]: row for row in said}


def look(client: Client, query: str = "") -> str:
    return client.get(PAGE + query).content.decode()


def remove(client: Client, name: str) -> str:
    """Press the button; the page that the browser reads after it."""
    answer = client.post(PAGE, {"remove": name})
    assert answer.status_code == 302
    assert answer["Location"].startswith(PAGE)
    return client.get(answer["Location"]).content.decode()


def buttons(html: str) -> set[str]:
    return {attributes["value"] for tag, attributes in Tags(html).found if tag == "button" and attributes.get("name") == "remove"}


def test_a_browser_without_cookies_is_given_none_by_looking(django_assert_num_queries):
    client, sessions = Client(), Session.objects.count()
    client.get(PAGE)  # the top of the page, which leads to promotions if one is running, is kept for a minute
    with django_assert_num_queries(0):
        answer = client.get(PAGE)
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert "None: your browser sent no cookie of this site." in words_of(answer.content.decode())
    assert "<form" not in answer.content.decode()
    assert "No cookie was set." in words_of(footer_of(answer.content.decode()))
    assert not client.head(PAGE).cookies
    assert Session.objects.count() == sessions


def test_cookies_of_others_alone_set_none_either():
    answer = Client(headers={"Cookie": "tracker=1"}).get(PAGE)
    assert (dict(answer.cookies), "<form" in answer.content.decode()) == ({}, False)


def test_each_cookie_is_explained_in_words(browser):
    found = rows(look(browser))
    assert {cookie.full_name for cookie in registry.cookies_of(RESOURCES)} == set(found)
    for name, says in {
        "session": "a random number",
        "cookie_check": "the digit 1",
        "greeting": "optional the name “Alice Archer”",
        "account": "optional the address “Alice@example.com”",
        "authentication": "a random number, with which you are logged in",
    }.items():
        cookie = next(cookie for cookie in registry.cookies if cookie.name == name)
        assert found[name] == f"{name} {says} {cookie.purpose} {cookie.life_in_words} Remove {name}"


def test_no_number_that_admits_is_ever_shown(browser):
    html = look(browser)
    for name in ("session", "authentication", "greeting", "account"):
        assert browser.cookies[name].value not in html


def test_it_is_open_to_strangers_kept_by_nobody_and_differs_by_browser(browser):
    for client in (Client(), browser):
        answer = client.get(PAGE)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert {"Cookie", "Sec-GPC"} <= set(answer["Vary"].split(", "))


def test_it_needs_two_queries_when_somebody_is_logged_in(browser, django_assert_num_queries):
    browser.get(PAGE)
    with django_assert_num_queries(2):  # the session, and the login session with its account
        browser.get(PAGE)


def test_over_https_the_full_names_stand_there(settings, alice):
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-session"
    client = Client()
    client.post(LOG_IN, {"email": alice.email, "password": PASSWORD}, secure=True)
    html = client.get(PAGE, secure=True).content.decode()
    assert set(rows(html)) == {"__Host-session", "__Secure-greeting", "__Secure-authentication"}
    client.cookies["greeting"] = "x"
    assert "<li> <code>greeting</code> </li>" in " ".join(client.get(PAGE, secure=True).content.decode().split())


@pytest.mark.parametrize("name", ["greeting", "account", "cookie_check"])
def test_one_can_be_removed_and_the_page_tells_it(browser, name):
    html = remove(browser, name)
    assert name not in browser.cookies
    assert f"Removed: {name} . Your browser does not send it any more." in words_of(html)
    assert name not in rows(html)
    assert browser.get("/resources/account/").status_code == 200, "still logged in"


def test_removing_the_authentication_cookie_is_a_log_out(browser):
    html = remove(browser, "authentication")
    assert "authentication" not in browser.cookies
    assert "Removed: authentication ." in words_of(html)
    assert "Log out" not in html
    assert browser.get("/resources/").status_code == 302
    assert LoginSession.objects.get().end_reason == "logged_out"
    assert AuditEvent.objects.filter(kind="login.ended").count() == 1


def test_removing_the_session_ends_it_here_too_and_the_log_in_with_it(browser):
    number, token = browser.cookies["session"].value, browser.cookies["authentication"].value
    html = remove(browser, "session")
    assert "Removed: session ." in words_of(html)
    assert not Session.objects.filter(session_key=number).exists()
    assert LoginSession.objects.get().end_reason == "logged_out"
    assert AuditEvent.objects.filter(kind="login.ended").count() == 1
    thief = Client(headers={"Cookie": f"session={number}; authentication={token}"})
    assert thief.get("/resources/").status_code == 302


def test_the_page_needs_a_session_for_its_buttons_and_says_so(browser):
    html = remove(browser, "session")
    assert "A page with buttons, like this one, needs a session cookie and sets a new one if it is missing" in words_of(html)
    assert "session" in browser.cookies
    assert browser.post(PAGE, {"remove": "greeting"}).status_code == 302


def test_all_can_be_removed_at_once_and_none_comes_back(browser):
    html = remove(browser, "all")
    assert not browser.cookies
    for cookie in registry.cookies_of(RESOURCES):
        assert f"Removed: {cookie.name} ." in words_of(html)
    assert "<form" not in html
    assert not Session.objects.exists()
    assert AuditEvent.objects.filter(kind="login.ended").count() == 1


def test_a_stranger_removes_theirs_too(alice):
    browser = Browser()
    browser.get(LOG_IN, follow=True)
    assert set(rows(look(browser))) == {"session", "cookie_check"}
    remove(browser, "all")
    assert not browser.cookies
    assert not AuditEvent.objects.filter(kind="login.ended").exists()


def test_removal_needs_the_token_of_the_form(alice):
    browser = Browser(enforce_csrf_checks=True)
    page = browser.get(LOG_IN, follow=True)
    assert browser.post(PAGE, {"remove": "all"}).status_code == 403
    assert "cookie_check" in browser.cookies
    form = {"remove": "cookie_check", "csrfmiddlewaretoken": str(page.context["csrf_token"])}
    assert browser.post(PAGE, form).status_code == 302
    assert "cookie_check" not in browser.cookies


@pytest.mark.parametrize("name", ["", "tracker", "staff_authentication", "\x00", "x" * 10_000, "<script>", "__Host-session"])
def test_what_is_not_ours_to_remove_changes_nothing(browser, name):
    answer = browser.post(PAGE, {"remove": name})
    assert (answer.status_code, answer["Location"], dict(answer.cookies)) == (302, PAGE, {})
    assert browser.get("/resources/").status_code == 200


def test_removal_has_no_effect_on_get(browser):
    before = set(browser.cookies)
    browser.get(PAGE, {"remove": "all"})
    assert set(browser.cookies) == before


def test_a_removal_that_did_not_happen_is_not_told(browser):
    assert "Removed:" not in words_of(look(browser, "?removed=session&removed=greeting&removed=<script>&removed=tracker"))


def test_cookies_of_the_staff_area_are_mentioned(client):
    page = words_of(look(client))
    assert "staff_authentication , sent to /staff/ alone: shows that a member of staff is logged in." in page


def test_names_that_the_site_does_not_declare_are_listed_without_a_button(browser):
    browser.cookies["tracker"] = "a value of theirs"
    browser.cookies["__Secure-greeting"] = "x"
    html = look(browser)
    assert {"tracker", "__Secure-greeting"}.isdisjoint(rows(html))
    not_ours = words_of(html.partition("Not ours")[2].partition("Global Privacy Control")[0])
    assert "tracker" in not_ours
    assert "__Secure-greeting" in not_ours
    assert "a value of theirs" not in html
    assert buttons(html) == {cookie.name for cookie in registry.cookies_of(RESOURCES)} | {"all"}


@pytest.mark.parametrize("name", ["session", "cookie_check", "greeting", "account", "authentication"])
@pytest.mark.parametrize("value", ["", "x", "a:b:c", "\x00\x1b[31m", "é" * 40, "<script>alert(1)</script>", "W10:1abc:def", "." * 8000])
def test_a_cookie_that_somebody_changed_says_so(name, value):
    client = Client()
    client.cookies[name] = value
    html = look(client)
    assert UNREADABLE in rows(html)[name]
    assert "<script>alert" not in html
    assert f'value="{name}"' in html, "and can be removed"


def test_one_from_another_account_or_key_is_not_believed(alice, settings):
    client = log_in(alice, remember="on")
    settings.SECRET_KEY = "another key " * 5
    found = rows(look(client))
    assert UNREADABLE in found["greeting"]
    assert UNREADABLE in found["account"]


def test_an_authentication_cookie_without_its_session_says_that_it_admits_nowhere(browser):
    token = browser.cookies["authentication"].value
    found = rows(look(Client(headers={"Cookie": f"authentication={token}"})))
    assert "a random number that belongs to no log-in any more" in found["authentication"]


@pytest.mark.parametrize(
    "header",
    [
        "<b>bold</b>=1",
        "=nameless",
        "nameless",
        ";;;",
        "\x1b[31mred=1",
        "a\u202eb=1".encode().decode("latin-1"),
        "x" * 8000 + "=1",
        "; ".join(f"c{n}=1" for n in range(3000)),
    ],
)
def test_hostile_names_are_harmless(header):
    answer = Client(headers={"Cookie": header}).get(PAGE)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<b>bold" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert len(html) < 20_000


def test_a_name_with_markup_in_the_greeting_is_text(alice):
    type(alice).objects.filter(pk=alice.pk).update(greeting="<i>Al</i>"[:60].replace("/", ""))
    browser = log_in(alice, Browser())
    assert "the name “&lt;i&gt;Al&lt;i&gt;”" in look(browser)


def test_the_page_says_whether_global_privacy_control_is_on(browser):
    assert "Off. Your browser does not send Sec-GPC: 1" in words_of(look(browser))
    browser.defaults["HTTP_SEC_GPC"] = "1"
    html = look(browser)
    assert "On. Your browser sends Sec-GPC: 1 , so this site sets no optional cookie" in words_of(html)
    found = rows(html)
    assert found["greeting"].endswith("removed with this page")
    assert found["account"].endswith("removed with this page")
    assert buttons(html) == {"session", "cookie_check", "authentication", "all"}
    assert "greeting" not in rows(look(browser))


def test_optional_ones_alone_need_no_button_and_so_no_session(alice):
    known = log_in(alice, remember="on")
    client = Browser(headers={"Sec-GPC": "1"})
    for name in ("greeting", "account"):
        client.cookies[name] = known.cookies[name].value
    answer = client.get(PAGE)
    assert set(rows(answer.content.decode())) == {"greeting", "account"}
    assert "<form" not in answer.content.decode()
    assert not client.cookies


@pytest.mark.parametrize("path", ["/", "/contact/", LOG_IN, "/privacy/cookies/", "/staff/login/", "/no-such-page/"])
def test_every_foot_leads_there(client, path):
    assert PAGE in Tags(footer_of(client.get(path, follow=True).content.decode())).links()
