"""Log-in and log-out of customers."""

import pytest
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import LoginSession
from accounts.models.login_session import EndReason
from audit.models import AuditEvent
from tests.cast import PASSWORD
from tests.customer import log_in, try_log_in

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_alice_logs_in_and_out(alice, browser_client):
    page = browser_client.get("/resources/log-in/", follow=True)
    token = page.context["csrf_token"]
    form = {"email": "ALICE@EXAMPLE.COM", "password": PASSWORD, "csrfmiddlewaretoken": str(token)}
    response = browser_client.post("/resources/log-in/", form)
    assert (response.status_code, response["Location"]) == (302, "/resources/")
    home = browser_client.get("/resources/")
    assert home.status_code == 200
    response = browser_client.post("/resources/log-out/", {"csrfmiddlewaretoken": str(home.context["csrf_token"])})
    assert response["Location"] == "/resources/log-in/"
    assert "You are logged out" in browser_client.get("/resources/log-in/", follow=True).content.decode()
    assert browser_client.get("/resources/").status_code == 302
    assert kinds()[-2:] == ["login.succeeded", "login.ended"]


@pytest.mark.parametrize(("email", "password"), [("alice@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("bob@example.org", "")])
def test_wrong_credentials_get_one_and_the_same_answer(alice, bob, email, password):
    response = try_log_in(email, password)
    assert response.status_code == 200
    expected = "This field is required" if not password else "do not belong together"
    assert expected in response.content.decode()
    assert not LoginSession.objects.exists()


def test_the_answers_for_a_wrong_password_and_an_unknown_address_are_equal(alice):
    def answer(email: str) -> str:
        return try_log_in(email, "wrong").content.decode().replace(email, "").split("<form")[1].split('name="csrfmiddlewaretoken')[0]

    assert answer("alice@example.com") == answer("nobody@example.com")


def test_an_unknown_address_costs_a_hash_too(alice, monkeypatch):
    hashed = []
    from accounts.hashers import OwaspArgon2PasswordHasher

    encode = OwaspArgon2PasswordHasher.encode
    monkeypatch.setattr(OwaspArgon2PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))
    try_log_in("nobody@example.com", "wrong")
    assert hashed == [1]


def test_an_account_without_a_password_admits_nobody(db, notebook):
    from accounts.contact import Contact
    from accounts.models import User

    user, _opened = User.objects.open_or_join(Contact(email="new@example.com"))
    assert not user.has_usable_password()
    for password in ("", "!", user.password):
        assert try_log_in("new@example.com", password).status_code == 200
    assert not LoginSession.objects.exists()


def test_the_session_id_changes_at_log_in(alice):
    client = Client()
    client.get("/resources/log-in/", follow=True)
    client.session["x"] = 1
    before = client.cookies.get("session")
    log_in(alice, client)
    assert client.cookies["session"].value != (before.value if before else "")


@pytest.mark.parametrize("missing", ["session", "authentication"])
def test_neither_cookie_admits_alone(alice, missing):
    client = log_in(alice)
    assert client.get("/resources/").status_code == 200
    del client.cookies[missing]
    assert client.get("/resources/").status_code == 302


def test_cookies_of_two_log_ins_do_not_belong_together(alice, mallory):
    ours, theirs = log_in(alice), log_in(mallory)
    theirs.cookies["authentication"] = ours.cookies["authentication"].value
    assert theirs.get("/resources/").status_code == 302


def test_a_stolen_authentication_cookie_is_dead_after_log_out(alice):
    client, thief = log_in(alice), Client()
    for name in ("session", "authentication"):
        thief.cookies[name] = client.cookies[name].value
    client.post("/resources/log-out/")
    assert thief.get("/resources/").status_code == 302


def test_nobody_is_known_outside_the_closed_areas(alice):
    client = log_in(alice)
    for path in ("/", "/products/", "/contact/", "/privacy/", "/no-such-page/"):
        response = client.get(path)
        assert response.wsgi_request.user.is_anonymous
        assert "Alice" not in response.content.decode()


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/resources/account/", "/resources/account/"),
        ("/resources/account/?page=2", "/resources/account/?page=2"),
        ("https://evil.example/resources/", "/resources/"),
        ("//evil.example/resources/", "/resources/"),
        ("/\\evil.example/resources/", "/resources/"),
        ("javascript:alert(1)", "/resources/"),
        ("/staff/", "/resources/"),
        ("/resources/\r\nSet-Cookie: x=1", "/resources/"),
        ("/resources/../staff/", "/resources/"),
        ("/resources/account/..", "/resources/"),
        ("/resources/%2e%2E/staff/", "/resources/"),
        ("/resources/.%2e?page=2", "/resources/"),
        ("/resources/account/?page=..", "/resources/account/?page=.."),
        ("", "/resources/"),
    ],
)
def test_after_the_log_in_only_pages_of_the_area_are_reached(alice, wanted, reached):
    response = Client().post("/resources/log-in/", {"email": alice.email, "password": PASSWORD, "next": wanted})
    assert response["Location"] == reached


def test_a_stranger_is_asked_to_log_in_and_then_led_back(alice):
    response = Client().get("/resources/account/")
    assert response["Location"] == "/resources/log-in/?next=/resources/account/"


@pytest.mark.parametrize(
    ("referrer", "reached"),
    [
        ("http://testserver/resources/account/address/?page=2", "/resources/account/address/?page=2"),
        ("http://testserver/staff/", "/resources/"),
        ("http://testserver.evil.example/resources/account/", "/resources/"),
        ("https://evil.example/resources/account/", "/resources/"),
        *((broken, "/resources/") for broken in ("", "http://[", "http://testserver//evil.example/", "x" * 5000)),
    ],
)
def test_a_button_pressed_after_the_log_in_has_ended_leads_back_to_its_page(alice, referrer, reached):
    """Not to the address of the button, where there is no page."""
    client = log_in(alice)
    LoginSession.objects.all().end(EndReason.ENDED_BY_CUSTOMER)
    answer = client.post("/resources/account/address/cancel/", headers={"referer": referrer})
    page = client.get(answer["Location"], follow=True)
    assert "nothing was done" in page.content.decode()
    assert (
        client.post("/resources/log-in/", {"email": alice.email, "password": PASSWORD, "next": page.context["next"]})["Location"] == reached
    )


def test_a_stranger_who_sends_something_gets_no_cookie(db):
    answer = Client().post("/resources/account/address/cancel/")
    assert (answer["Location"], len(answer.cookies)) == ("/resources/log-in/?next=/resources/", 0)


def test_idle_and_old_log_ins_end(alice):
    from datetime import timedelta

    from django.utils import timezone

    client = log_in(alice)
    LoginSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=2, minutes=1))
    assert client.get("/resources/").status_code == 302
    client = log_in(alice)
    LoginSession.objects.update(last_seen_at=timezone.now(), started_at=timezone.now() - timedelta(hours=25))
    assert client.get("/resources/").status_code == 302


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "x" * 5000, "password": "y"},
        {"email": "a@b\x00.com", "password": "\x00"},
        {"email": "a@b.co", "password": "p" * 100_000},
        {"email": "a@" + "ü." * 120 + "com", "password": "y"},
    ],
)
def test_hostile_forms_are_answered_kindly(db, body):
    assert Client().post("/resources/log-in/", body).status_code == 200


@pytest.mark.parametrize("cookie", ["greeting", "account", "authentication", "session", "cookie_check"])
@pytest.mark.parametrize("value", ["x", "a:b:c", "\x00", "é" * 10, "W10:1abc:def", "." * 3000])
def test_hostile_cookies_are_nothing(db, cookie, value):
    client = Client()
    client.cookies[cookie] = value
    assert client.get("/resources/log-in/", follow=True).status_code == 200
    assert client.get("/resources/").status_code == 302


def test_get_does_not_log_out(alice):
    client = log_in(alice)
    assert client.get("/resources/log-out/").status_code == 405
    assert client.get("/resources/").status_code == 200


def test_log_ins_stay_good_while_the_old_secret_key_is_listed(alice, settings):
    client = log_in(alice)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-of-fifty-characters-that-nobody-guesses"
    settings.SECRET_KEY_FALLBACKS = [former]
    assert client.get("/resources/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/resources/").status_code == 302


def test_an_app_that_was_never_confirmed_asks_for_no_code(alice):
    TOTPDevice.objects.create(user=alice, name="never finished", confirmed=False)
    assert log_in(alice).get("/resources/").status_code == 200
