"""C3: nobody enters the customer resources area without a user name (the e-mail address) and the password that belongs to it."""

import secrets
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from accounts.models import LoginSession
from accounts.models.login_session import EndReason
from audit.models import AuditEvent
from tests.cast import PASSWORD
from tests.customer import Browser, link_in, log_in, mail_to
from tests.pages import read, words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
OPEN = [
    "/resources/log-in/",
    "/resources/log-in/held/",
    "/resources/log-in/forget/",
    "/resources/cookies/",
    "/resources/log-in/second-factor/",
    "/resources/password/forgotten/",
    "/resources/password/set/",
    "/resources/password/MQ/x-y/",
    "/resources/account/address/confirm/",
    "/resources/account/address/confirm/x-y/",
    "/resources/account/address/undo/",
    "/resources/account/address/undo/x-y/",
    "/resources/your-data/erasure/on-hold/",  # as log-in/held/: for whoever has just given the right password
]
METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]


@pytest.fixture
def closed(every_address) -> list[str]:
    """Every address of the area but the few pages that let people in."""
    found = [path for path in every_address if path.startswith("/resources/") and path not in [*OPEN, "/resources/none/"]]
    assert len(found) >= 7
    return found


def assert_stays_outside(client: Client, paths: list[str]) -> None:
    """Whatever is asked, the answer is the way to the log-in; nothing of the page is in it."""
    for path in paths:
        answer = client.get(path)
        assert (answer.status_code, answer["Location"], answer.content) == (302, f"/resources/log-in/?next={path}", b""), path


@pytest.mark.parametrize("method", METHODS)
def test_c03_no_method_opens_a_page_to_a_stranger(closed, alice, alices, method):
    before = list(AuditEvent.objects.values())
    for path in closed:
        answer = getattr(Client(), method)(path)
        assert (answer.status_code, answer.content) == (302, b""), path
        assert answer["Location"].startswith("/resources/log-in/"), path
    alices.refresh_from_db()
    assert list(AuditEvent.objects.values()) == before
    assert alices.downloads_used == 1, "the one that she took herself"


def test_c03_what_is_open_to_strangers_shows_nobodys_data(alice, alices, every_address):
    pages = "".join(read(Client(), path).content.decode() for path in OPEN)
    for secret in ("Alice", "Archer", "example.com", "Notebook", alices.unlock_codes.get().code):
        assert secret not in pages


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.com", ""),
        ("", PASSWORD),
        ("", ""),
        ("alice@example.com", PASSWORD + " "),
        ("alice@example.com", PASSWORD.upper()),
        ("alice@example.com", PASSWORD[:-1]),
        ("mallory@example.net", "not Mallory's"),
        ("alice@example.com", "%"),
        ("alice@example.com' OR '1'='1", PASSWORD),
        ("*", PASSWORD),
        ("alice@example.com\x00", PASSWORD),
        ("bob@example.org", PASSWORD[::-1]),
    ],
)
def test_c03_both_are_needed_and_must_belong_together(closed, bob, mallory, email, password):
    client = Client()
    assert client.post("/resources/log-in/", {"email": email, "password": password}).status_code == 200
    assert "authentication" not in client.cookies
    assert_stays_outside(client, closed)


def test_c03_one_customers_password_opens_no_other_account(alice, alices, mallory):
    mallory.set_password("quite another phrase")
    mallory.save()
    assert Client().post("/resources/log-in/", {"email": alice.email, "password": "quite another phrase"}).status_code == 200
    client = log_in(mallory, password="quite another phrase")
    assert client.get("/resources/").status_code == 200
    assert client.get(f"/resources/products/{alices.pk}/").status_code == 404


def test_c03_made_up_cookies_admit_nobody(closed, alice):
    log_in(alice)
    for token in ("", "1", str(alice.pk), "x" * 43, secrets.token_urlsafe(32), LoginSession.objects.first().token_hash):
        client = Client(
            headers={"Cookie": f"authentication={token}; session={secrets.token_hex(16)}; greeting=Alice; account={alice.email}"}
        )
        assert_stays_outside(client, closed)


def test_c03_the_permanent_cookies_admit_nobody(closed, alice):
    browser = Browser()
    log_in(alice, browser, remember="on")
    for name in ("session", "authentication"):
        del browser.cookies[name]
    assert set(browser.cookies) == {"greeting", "account"}
    assert_stays_outside(browser, closed)


def test_c03_a_set_password_link_lets_choose_a_password_and_admits_nobody(closed, alice):
    Client().post("/resources/password/forgotten/", {"email": alice.email})
    browser = Browser()
    assert browser.get(link_in(mail_to(alice.email))).status_code == 302
    assert_stays_outside(browser, closed)
    assert browser.post("/resources/password/set/", {"new_password": "quite another phrase"}).status_code == 302
    assert_stays_outside(browser, closed)


def test_c03_staff_are_customers_only_with_a_customers_log_in(closed, ada):
    browser = Browser()
    staff_log_in(ada, browser)
    assert_stays_outside(browser, closed)
    browser.cookies["authentication"] = browser.cookies["staff_authentication"].value
    assert_stays_outside(browser, closed)


def test_c03_whoever_logged_out_is_outside(closed, alice):
    browser = log_in(alice, Browser())
    kept = {name: morsel.value for name, morsel in browser.cookies.items()}
    browser.post("/resources/log-out/")
    assert_stays_outside(browser, closed)
    browser.cookies.load(kept)
    assert_stays_outside(browser, closed)


@pytest.mark.parametrize(
    "change",
    [
        {"ended_at": timezone.now(), "end_reason": EndReason.ENDED_BY_STAFF},
        {"last_seen_at": timezone.now() - timedelta(hours=3)},
        {"started_at": timezone.now() - timedelta(hours=25)},
        {"area": "staff"},
    ],
    ids=["ended by staff", "idle", "old", "of another area"],
)
def test_c03_a_log_in_that_is_over_admits_nobody(closed, alice, change):
    client = log_in(alice)
    LoginSession.objects.filter(ended_at=None).update(**change)
    assert_stays_outside(client, closed)


def test_c03_a_new_password_shuts_out_whoever_had_the_old_one(closed, alice):
    client = log_in(alice)
    alice.set_password("quite another phrase")
    alice.save(update_fields=["password"])
    assert_stays_outside(client, closed)


@pytest.mark.parametrize("path", ["/resources", "/resources/account", "/resources/products/1"])
def test_c03_leaving_out_the_slash_opens_nothing(alice, path):
    answer = Client().get(path, follow=True)
    assert answer.redirect_chain[-2][0].startswith("/resources/log-in/?next=/resources/")
    assert 'name="password"' in answer.content.decode()


def test_c03_the_door_is_the_way_back_to_where_one_wanted_to_go(closed, alice, alices):
    page = f"/resources/products/{alices.pk}/"
    client = Client()
    assert 'name="next"' in client.get(page, follow=True).content.decode()
    answer = client.post("/resources/log-in/", {"email": alice.email, "password": PASSWORD, "next": page}, follow=True)
    assert "Notebook" in words_of(answer.content.decode())


def test_c03_there_is_no_other_way_to_authenticate():
    assert django_settings.AUTHENTICATION_BACKENDS == ["accounts.backends.AddressBackend"]
    for header in (
        {"Authorization": "Basic YWxpY2VAZXhhbXBsZS5jb206eA=="},
        {"X-Remote-User": "alice@example.com"},
        {"Remote-User": "alice"},
    ):
        assert Client(headers=header).get("/resources/").status_code == 302
    assert Client(REMOTE_USER="alice@example.com").get("/resources/").status_code == 302
