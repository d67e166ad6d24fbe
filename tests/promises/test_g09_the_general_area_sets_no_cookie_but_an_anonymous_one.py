"""G9: the general site sets no cookie but an anonymous one for the session: a random number, nothing personal, gone with the browser."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import LoginSession
from audit.models import AuditEvent
from privacy.areas import GENERAL, PROMOTIONS, area_of
from privacy.registry import registry
from tests.cast import PASSWORD
from tests.customer import Browser, log_in
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def general_addresses(every_address) -> list[str]:
    return [path for path in [*every_address, "/promotions/"] if area_of(path) in (GENERAL, PROMOTIONS)]


def test_g09_the_session_cookie_is_the_only_one_that_may_be_set_there():
    for area in (GENERAL, PROMOTIONS):
        assert [cookie.name for cookie in registry.cookies_of(area)] == ["session"]


@pytest.mark.parametrize("method", ["get", "head", "post", "options", "put", "delete"])
def test_g09_nothing_that_a_stranger_does_there_sets_a_cookie(general_addresses, method):
    """The forms there need none: where a form comes from is told by the browser (infacta/origin.py). So even the one cookie that is allowed is not set."""
    before = Session.objects.count()
    client = Client()
    for path in general_addresses:
        assert not getattr(client, method)(path).cookies, path
    assert not client.cookies
    assert Session.objects.count() == before


def test_g09_refused_forms_set_none_either(browser_client):
    for path in ("/", "/contact/", "/privacy/", "/no-such-page/"):
        assert not browser_client.post(path, {"email": "a@example.com"}).cookies


def test_g09_customers_and_staff_are_given_nothing_there(alice, ada, general_addresses):
    browser = log_in(alice, Browser())
    staff_log_in(ada, browser)
    for path in general_addresses:
        assert not browser.get(path).cookies, path


def test_g09_whoever_is_known_elsewhere_is_nobody_there(alice, general_addresses):
    """With all cookies or none, a general page is the same page, but for the random number of a form; only the ribbon tells of the cookies."""
    client = log_in(alice, remember="on")

    def body(reader: Client, path: str) -> str:
        page = reader.get(path).content.decode().partition("<footer>")[0]
        return re.sub(r'(name="form_number" value=)"[^"]{22}"', r"\1", page)

    earlier = timezone.now() - timedelta(minutes=10)
    LoginSession.objects.update(last_seen_at=earlier)
    events = AuditEvent.objects.exclude(kind="promotion.visited").count()
    for path in general_addresses:
        assert body(client, path) == body(Client(), path), path
        assert not client.get(path).wsgi_request.user.is_authenticated, path
    assert AuditEvent.objects.exclude(kind="promotion.visited").count() == events
    assert not AuditEvent.objects.filter(kind="promotion.visited", user__isnull=False).exists()
    assert set(LoginSession.objects.values_list("last_seen_at", flat=True)) == {earlier}, "nobody notes that Alice was here"
    assert client.get("/resources/").status_code == 200, "she was logged in all the time"


def test_g09_the_session_cookie_is_a_random_number_and_gone_with_the_browser():
    values = []
    for _visitor in range(40):
        morsel = Client().get("/resources/log-in/", follow=True).cookies["session"]
        assert re.fullmatch(r"[a-z0-9]{32}", morsel.value)
        assert (morsel["max-age"], morsel["expires"], morsel["path"], morsel["domain"]) == ("", "", "/", "")
        assert (bool(morsel["httponly"]), morsel["samesite"]) == (True, "Lax")
        values.append(morsel.value)
    assert len(set(values)) == 40
    for position in range(32):
        commonest = Counter(value[position] for value in values).most_common(1)[0][1]
        assert commonest < 15, "no symbol has a fixed place"


def test_g09_it_is_the_same_for_everybody_who_does_the_same(alice, bob):
    """Nothing in it is made from the person: the same log-in twice gives two unrelated numbers."""
    numbers = {log_in(user).cookies["session"].value for user in (alice, alice, bob)}
    assert len(numbers) == 3


def test_g09_what_the_server_keeps_under_it_names_nobody(alice):
    client = log_in(alice, remember="on")
    client.get("/resources/account/")
    session = Session.objects.get(session_key=client.cookies["session"].value)
    assert set(session.get_decoded()) <= {"login.resources", "_csrftoken"}
    stored = str(session.get_decoded()) + client.cookies["session"].value
    for personal in ("alice", "archer", "127.0.0.1", PASSWORD):
        assert personal not in stored.lower()


def test_g09_a_session_that_the_site_does_not_know_is_forgotten_and_not_adopted():
    """Nobody can give a visitor a number of their choice."""
    client = Client()
    client.cookies["session"] = "0123456789abcdefghijklmnopqrstuv"
    assert client.get("/contact/").cookies["session"]["max-age"] == 0
    client.cookies["session"] = "0123456789abcdefghijklmnopqrstuv"
    assert client.get("/resources/log-in/", follow=True).cookies["session"].value != "0123456789abcdefghijklmnopqrstuv"


def test_g09_the_site_says_so(client):
    assert "they set no cookie and know nobody" in client.get("/").content.decode()
    assert "<code>session</code>" in client.get("/privacy/").content.decode()
