"""The log-in page finds out whether the browser accepts cookies, by one redirect to itself, and says plainly when it does not."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.http import urlencode

from accounts.cookie_check import FRESH, TESTED
from tests.cast import PASSWORD
from tests.customer import link_in, log_in, mail_to
from tests.pages import Tags, footer_of, words_of

pytestmark = pytest.mark.django_db
LOG_IN = "/resources/log-in/"
REFUSES = "Your browser refuses the cookies of this site, so you cannot log in with it."


class Refusing(Client):
    """A browser that keeps no cookie."""

    def request(self, **request):
        response = super().request(**request)
        self.cookies.clear()
        return response


def words(answer) -> str:
    return words_of(answer.content.decode())


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_first_visit_sets_the_cookie_and_asks_once_more(method):
    client = Client()
    answer = getattr(client, method)(LOG_IN)
    assert (answer.status_code, answer.content) == (302, b"")
    assert list(answer.cookies) == ["cookie_check"]
    assert answer["Location"].startswith(f"{LOG_IN}?{TESTED}=")
    assert {"Cookie", "Sec-GPC"} <= set(answer["Vary"].split(", "))
    assert "no-store" in answer["Cache-Control"]
    again = getattr(client, method)(answer["Location"])
    assert again.status_code == 200
    assert (method == "head") == (again.content == b"")


def test_a_browser_that_accepts_cookies_is_asked_once_and_told_nothing():
    client = Client()
    page = client.get(LOG_IN, follow=True)
    assert [status for _address, status in page.redirect_chain] == [302]
    assert REFUSES not in words(page)
    assert 'name="csrfmiddlewaretoken"' in page.content.decode()
    assert client.get(LOG_IN).status_code == 200, "never again in this browser session"


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_browser_that_refuses_them_gets_the_page_and_no_loop(method):
    answer = getattr(Refusing(), method)(LOG_IN, follow=True)
    assert (answer.status_code, len(answer.redirect_chain)) == (200, 1)


def test_it_is_told_what_is_wrong_and_what_to_do():
    page = Refusing().get(LOG_IN, {"next": "/resources/account/"}, follow=True)
    html, links = page.content.decode(), Tags(page.content.decode()).links()
    assert REFUSES in words(page)
    assert "To allow them" in words(page)
    assert {f"{LOG_IN}?next=%2Fresources%2Faccount%2F", "/privacy/cookies/"} <= set(links)
    assert 'name="password"' in html, "the form is there"
    assert "Remember this account" not in html


def test_the_page_of_a_browser_that_refuses_sets_nothing_and_its_ribbon_says_so():
    sessions = Session.objects.count()
    page = Refusing().get(LOG_IN, follow=True)
    assert not page.cookies
    assert "No cookie was set." in words_of(footer_of(page.content.decode()))
    assert Session.objects.count() == sessions, "visitors without cookies leave no sessions behind"


def test_its_form_is_refused_with_the_reason(alice):
    answer = Refusing(enforce_csrf_checks=True).post(LOG_IN, {"email": alice.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert "Most likely it refuses cookies" in words(answer)


@pytest.mark.parametrize(
    "query",
    [{"next": "/resources/account/?page=2&x=é"}, {"next": "//evil.example/"}, {"a": ["1", "2"], "next": "/resources/"}, {"<b>": '"'}],
)
def test_whatever_the_address_said_is_kept(query):
    answer = Client().get(f"{LOG_IN}?{urlencode(query, doseq=True)}")
    kept = parse_qs(urlsplit(answer["Location"]).query)
    assert kept.pop(TESTED)
    assert kept == {name: value if isinstance(value, list) else [value] for name, value in query.items()}
    assert answer["Location"].startswith(f"{LOG_IN}?"), "it leads to this very page"


def test_an_old_address_accuses_nobody_and_is_tested_anew():
    """Browsers keep addresses in bookmarks and histories, longer than they keep the cookie."""
    for when in (time.time() - FRESH - 2, time.time() + FRESH + 2, 0):
        answer = Client().get(LOG_IN, {TESTED: str(int(when))}, follow=True)
        assert [status for _address, status in answer.redirect_chain] == [302]
        assert answer.redirect_chain[0][0].count(TESTED) == 1
        assert REFUSES not in words(answer)


@pytest.mark.parametrize("value", ["", "x", "-1", "1e99", "9" * 5000, "٣", "<script>", ["1", "2"]])
def test_a_hostile_mark_is_none(value):
    answer = Client().get(f"{LOG_IN}?{urlencode({TESTED: value}, doseq=True)}", follow=True)
    assert (answer.status_code, len(answer.redirect_chain)) == (200, 1)


@pytest.mark.parametrize(
    "query", ["%00", "%ff=%fe", "next=" + "x" * 20_000, "&".join(f"a{n}=1" for n in range(2000)), "next=%0d%0aSet-Cookie:x"]
)
def test_a_hostile_query_breaks_nothing(query):
    answer = Client().get(f"{LOG_IN}?{query}", follow=True)
    assert answer.status_code in (200, 400)
    assert not {"x", "Set-Cookie"} & set(answer.cookies)


def test_whoever_is_logged_in_is_not_tested(alice):
    answer = log_in(alice).get(LOG_IN)
    assert (answer.status_code, answer["Location"]) == (302, "/resources/")


def test_a_link_from_a_mail_does_not_blame_the_link_alone(alice):
    """The page of a new password needs a session; without one it says what else may be wrong."""
    Client().post("/resources/password/forgotten/", {"email": alice.email})
    link = link_in(mail_to(alice.email))
    assert "your browser refuses cookies" in words(Refusing().get(link, follow=True))
    assert "Set your password" in words(Client().get(link, follow=True))
    assert "refuses cookies" not in words(Client().get("/resources/password/MQ/x-y/"))


def test_staff_are_not_tested(db):
    """Their log-in page is as it was: the page of a refused form tells them (docs/decisions/cookie-check.md)."""
    assert Client().get("/staff/login/").status_code == 200
