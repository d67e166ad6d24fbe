"""The privacy ribbon: the foot of a page tells the area, what this visit recorded, and the cookies that this very browser has now."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from privacy.areas import area_of
from privacy.registry import registry
from privacy.ribbon import privacy_ribbon
from tests.cast import PASSWORD
from tests.customer import Browser, log_in
from tests.pages import footer_of, html_of, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db


def ribbon(client: Client, path: str) -> str:
    return words_of(footer_of(client.get(path, follow=True).content.decode()))


def shown_cookies(client: Client, path: str) -> set[str]:
    """The names that the ribbon says are in the browser."""
    said = ribbon(client, path)
    return {cookie.full_name for cookie in registry.cookies if f" {cookie.full_name} ({cookie.life_in_words})" in said}


@pytest.mark.parametrize("path", ["/", "/products/", "/contact/", "/privacy/", "/privacy/cookies/", "/no-such-page/"])
def test_a_strangers_first_visit_to_a_general_page(path):
    said = ribbon(Client(), path)
    assert said.startswith("General site. This visit recorded: the page, the time, your IP address and your browser's name")
    assert "(30 days)" in said
    assert "No cookie was set." in said


def recorded(said: str) -> set[str]:
    """Which of the declared flows the ribbon tells of."""
    return {flow.slug for flow in registry.flows if f"{flow.text} ({flow.retention.rule})" in said}


def test_the_ribbon_tells_what_this_visit_recorded_and_nothing_else(alice):
    customer = log_in(alice)
    failed = Client().post("/resources/log-in/", {"email": alice.email, "password": "wrong"}).content.decode()
    assert recorded(ribbon(Client(), "/")) == {"web-log"}
    assert recorded(ribbon(customer, "/")) == {"web-log"}, "nobody is known outside the closed areas"
    assert recorded(ribbon(Client(), "/resources/log-in/")) == {"web-log"}
    assert recorded(ribbon(customer, "/resources/")) == {"web-log", "last-seen", "cards"}
    assert recorded(ribbon(customer, "/resources/account/")) == {"web-log", "last-seen"}
    assert recorded(words_of(footer_of(failed))) == {"web-log", "audit-log"}
    assert recorded(ribbon(Client(), "/no-such-page/")) == {"web-log", "application-log"}


@pytest.mark.parametrize("path", ["/", "/resources/log-in/", "/staff/login/", "/promotions/"])
def test_the_ribbon_names_the_area(path):
    assert ribbon(Client(), path).startswith(f"{area_of(path).title}. ")


def test_cookies_set_by_this_very_response_are_shown():
    client = Client()
    assert shown_cookies(client, "/resources/log-in/") == {"session", "cookie_check"} == set(client.cookies)


def test_the_ribbon_follows_the_browser_from_log_in_to_log_out(alice):
    client = Browser()
    client.get("/resources/log-in/", follow=True)
    log_in(alice, client, remember="on")
    assert shown_cookies(client, "/resources/") == {"session", "cookie_check", "greeting", "account", "authentication"}
    client.post("/resources/log-out/")
    assert shown_cookies(client, "/resources/log-in/") == {"session", "cookie_check", "greeting", "account"}


def test_a_cookie_that_is_being_taken_away_is_not_shown():
    client = Client()
    client.cookies["session"] = "lapsed-long-ago"
    assert shown_cookies(client, "/contact/") == set()
    assert client.cookies["session"]["max-age"] == 0


def test_each_area_shows_its_own_cookies_alone(ada):
    """A browser sends a cookie to its path only; should one arrive elsewhere all the same, it is none of that area's."""
    client = log_in(ada)
    staff_log_in(ada, client)
    assert shown_cookies(client, "/") == {"session"}
    assert shown_cookies(client, "/staff/") == {"session", "staff_authentication"}
    assert "staff_authentication" not in shown_cookies(client, "/resources/")


def test_cookies_of_others_are_not_spoken_of():
    page = Client().get("/", headers={"Cookie": "tracker=x; <script>alert(1)</script>=y"}).content.decode()
    assert "tracker" not in page
    assert "alert" not in page


def test_one_visitors_ribbon_is_never_anothers(alice):
    """The foot is rendered once for all who have the same cookies, and for them alone."""
    customer = log_in(alice)
    for _time in range(2):
        assert shown_cookies(customer, "/contact/") == {"session"}
        assert shown_cookies(Client(), "/contact/") == set()
    assert "Cookie" in Client().get("/contact/")["Vary"]


def test_every_page_has_one_ribbon_and_its_length_is_right(alice, every_address):
    client = log_in(alice)
    for path, html in html_of(client, every_address).items():
        assert html.count('class="ribbon"') == 1, path
        assert "privacy-ribbon-->" not in html, path
        answer = client.get(path)
        assert int(answer["Content-Length"]) == len(answer.content), path


def test_what_a_customer_writes_cannot_move_the_ribbon(alice):
    type(alice).objects.update(name="<!--privacy-ribbon-->")
    page = log_in(alice).get("/resources/account/").content.decode()
    assert "&lt;!--privacy-ribbon--&gt;" in page
    assert 'class="ribbon"' in footer_of(page)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain; charset=utf-8", "application/octet-stream"])
def test_what_is_no_page_stays_as_it_is(content_type):
    said = b'{"name": "<!--privacy-ribbon-->"}'
    answer = privacy_ribbon(lambda request: HttpResponse(said, content_type=content_type))(RequestFactory().get("/support/wizard/"))
    assert answer.content == said


def test_over_https_the_full_names_are_shown(settings, alice):
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-session"
    client = Client()
    form = {"email": alice.email, "password": PASSWORD}
    client.post("/resources/log-in/", form, secure=True)
    said = words_of(footer_of(client.get("/resources/", secure=True).content.decode()))
    for name in ("__Host-session (until you close the browser)", "__Secure-greeting (365 days)", "__Secure-authentication (until"):
        assert name in said
