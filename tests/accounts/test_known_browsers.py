"""A browser that the account knows has tries of its own; nobody makes themselves another one to get new tries (ASVS 6.3.1)."""

import time

import pytest
from django.test import Client, RequestFactory

from accounts import cookies
from accounts.models import LoginSession
from mailroom.models import OutgoingMail
from tests.cast import PASSWORD
from tests.customer import Browser, link_in, log_in, mail_to, try_log_in
from tests.second_factor import after_password, give_code, log_in_with_code
from tests.staff import enrolled

pytestmark = pytest.mark.django_db
PREFERENCES = "/resources/account/preferences/"


@pytest.fixture
def later(monkeypatch):
    """Let some seconds pass: signatures differ by the second."""
    begun, now = time.time(), [0.0]
    monkeypatch.setattr(time, "time", lambda: begun + now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def save_preferences(client: Client, **chosen: str) -> None:
    form = client.get(PREFERENCES).context["form"]
    sent = {"seen": form.seen, "greets": "on", "announcements": "on", "greeting": ""} | chosen
    assert client.post(PREFERENCES, sent).status_code == 302


def wrong_confirmations(client: Client, times: int = 15) -> int:
    """How many wrong passwords the step-up looked at."""
    answers = [client.post("/resources/confirm/", {"password": f"wrong {number}"}) for number in range(times)]
    return sum(answer.status_code == 200 for answer in answers)


def set_password_by_link(email: str, client: Client, password: str) -> None:
    Client().post("/resources/password/forgotten/", {"email": email})
    client.get(link_in(mail_to(email)))
    assert client.post("/resources/password/set/", {"new_password": password}).status_code == 302


def test_saving_preferences_gives_no_new_tries(alice, later):
    browser = log_in(alice, Browser())
    looked_at = 0
    for number in range(3):
        later(2)
        save_preferences(browser, greeting=f"Al {number}")
        looked_at += wrong_confirmations(browser)
    assert looked_at == 10


def test_nor_does_throwing_the_greeting_away_first(alice, later):
    """Whoever carries off the cookies of a log-in alone is counted as any stranger is."""
    browser = log_in(alice, Browser())
    looked_at = 0
    for number in range(3):
        later(2)
        browser.cookies.pop("greeting", None)
        save_preferences(browser, greeting=f"Al {number}")
        looked_at += wrong_confirmations(browser)
    assert looked_at == 10


def test_the_greeting_says_the_new_name_and_the_browser_stays_known(alice, later, rf):
    browser = log_in(alice, Browser())
    request = rf.get("/resources/log-in/")
    request.COOKIES = {"greeting": browser.cookies["greeting"].value}
    before = cookies.known_browser(request, alice, cookies.LOG_IN)
    later(5)
    save_preferences(browser, greeting="Captain")
    request.COOKIES = {"greeting": browser.cookies["greeting"].value}
    assert cookies.greeting_name(request) == "Captain"
    assert cookies.known_browser(request, alice, cookies.LOG_IN) == before != ""


def test_a_greeting_switched_on_in_the_preferences_proves_nothing_yet(alice, rf):
    type(alice).objects.update(greets=False)
    browser = log_in(alice, Browser())
    assert "greeting" not in browser.cookies
    save_preferences(browser, greeting="Captain")
    request = rf.get("/resources/log-in/")
    request.COOKIES = {"greeting": browser.cookies["greeting"].value}
    assert cookies.greeting_name(request) == "Captain"
    assert not cookies.known_browser(request, alice, cookies.LOG_IN, cookies.LINK)
    log_in(alice, browser)
    request.COOKIES = {"greeting": browser.cookies["greeting"].value}
    assert cookies.known_browser(request, alice, cookies.LOG_IN)


def test_a_browser_that_set_the_password_by_a_link_counts_as_a_stranger_at_the_second_factor(alice):
    enrolled(alice)
    thief = after_password(alice)
    assert [give_code(thief, "000000").status_code for _try in range(11)] == [200] * 10 + [429]
    by_mail = Browser()
    set_password_by_link(alice.email, by_mail, "quite another phrase")
    assert "greeting" in by_mail.cookies
    try_log_in(alice.email, "quite another phrase", by_mail)
    assert give_code(by_mail, "000000").status_code == 429


def test_the_owners_browser_stays_known_when_it_sets_the_password_by_a_link(alice):
    owner = log_in_with_code(alice, Browser())
    owner.post("/resources/log-out/")
    thief = after_password(alice)
    assert [give_code(thief, "000000").status_code for _try in range(11)][-1] == 429
    set_password_by_link(alice.email, owner, "quite another phrase")
    try_log_in(alice.email, "quite another phrase", owner)
    assert give_code(owner, "000000").status_code == 200, "looked at, and wrong"


def test_a_link_opens_a_way_in_while_strangers_guess(alice):
    """The throttle of the log-in counts the browser of the link apart, so that nobody is locked out."""
    for number in range(11):
        try_log_in(alice.email, "wrong", REMOTE_ADDR=f"198.51.100.{number}")
    assert try_log_in(alice.email, PASSWORD).status_code == 429
    browser = Browser()
    set_password_by_link(alice.email, browser, "quite another phrase")
    log_in(alice, browser, "quite another phrase")
    assert not OutgoingMail.objects.filter(cause__startswith="new-device").exists()
    assert LoginSession.objects.filter(ended_at=None).count() == 1


def test_after_a_year_the_browser_is_a_strangers(alice, later):
    browser = log_in(alice, Browser(), remember="on")
    browser.post("/resources/log-out/")
    request = RequestFactory().get("/resources/log-in/")
    request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()}
    later(364 * 86_400)
    assert cookies.known_browser(request, alice, cookies.LOG_IN)
    assert cookies.remembered_address(request) == alice.email
    later(2 * 86_400)
    assert not cookies.known_browser(request, alice, cookies.LOG_IN)
    assert cookies.remembered_address(request) == ""
