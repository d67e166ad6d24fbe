"""A log-in from a device or a network that the account was not used from lately is told by a mail."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import LoginSession, User
from mailroom.models import OutgoingMail
from tests.activity import FIREFOX, SAFARI, browser
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to, try_log_in
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db
HOME, ABROAD = "203.0.113.1", "198.51.100.9"


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def mails() -> int:
    return OutgoingMail.objects.filter(cause__startswith="new-device:").count()


@pytest.fixture
def at_home(alice) -> Client:
    """Where Alice logged in before."""
    return log_in(alice, browser(HOME, FIREFOX))


def test_the_first_log_in_of_an_account_is_nothing_new(at_home):
    assert mails() == 0


@pytest.mark.parametrize(("address", "name"), [(ABROAD, FIREFOX), (HOME, SAFARI), (ABROAD, SAFARI), (HOME, ""), ("2001:db8::1", FIREFOX)])
def test_a_new_network_or_a_new_device_is_told(alice, at_home, address, name):
    log_in(alice, browser(address, name))
    assert mails() == 1
    assert mail_to(alice.email).to == alice.email


@pytest.mark.parametrize("address", [HOME, "203.0.113.200", "203.0.7.7"])
def test_the_same_device_from_near_is_no_news(alice, at_home, address):
    log_in(alice, browser(address, FIREFOX.replace("140", "141")))
    assert mails() == 0, "an update of the browser is none either"


@pytest.mark.parametrize(("address", "news"), [("2001:db8:ffff::1", 0), ("2001:db9::1", 1)])
def test_near_is_a_32_with_the_new_addresses(alice, address, news):
    log_in(alice, browser("2001:db8::1", FIREFOX))
    log_in(alice, browser(address, FIREFOX))
    assert mails() == news


def test_a_browser_with_the_accounts_greeting_is_known_wherever_it_goes(alice, at_home):
    at_home.defaults |= browser(ABROAD, SAFARI).defaults
    at_home.post("/resources/log-out/")
    log_in(alice, at_home)
    assert LoginSession.objects.first().ip == ABROAD
    assert mails() == 0


def test_anothers_greeting_makes_nobody_known(alice, at_home, mallory):
    theirs = log_in(mallory, browser(ABROAD, SAFARI))
    log_in(alice, theirs)
    assert mails() == 1


def test_what_was_told_once_is_familiar_the_next_time(alice, at_home):
    for _time in range(3):
        log_in(alice, browser(ABROAD, FIREFOX))
    assert mails() == 1


def test_others_log_ins_make_nothing_familiar(alice, at_home, bob):
    log_in(bob, browser(ABROAD, SAFARI))
    log_in(alice, browser(ABROAD, SAFARI))
    assert mails() == 1


def test_what_is_older_than_a_year_is_not_compared_with(alice, at_home):
    """The rows may be there still, until the sweep; and once they are gone, the account is no new one all the same."""
    LoginSession.objects.update(started_at=timezone.now() - timedelta(days=366))
    log_in(alice, browser(HOME, FIREFOX))
    assert mails() == 1
    LoginSession.objects.all().delete()
    log_in(alice, browser(HOME, FIREFOX))
    assert mails() == 2


def test_a_failed_log_in_is_told_by_no_mail(alice, at_home):
    try_log_in(alice.email, "wrong", browser(ABROAD, SAFARI))
    assert mails() == 0


def test_the_mail_says_when_where_with_what_and_what_to_do(alice, at_home):
    log_in(alice, browser(ABROAD, SAFARI))
    mail = mail_to(alice.email)
    assert mail.subject == "New log-in to your account at Infacta"
    for text in (mail.text, mail.html):
        for said in (
            f"{timezone.now():%Y}",
            "UTC",
            ABROAD,
            "Mobile Safari on iOS",
            "/resources/password/forgotten/",
            "/resources/activity/",
        ):
            assert said in text
        assert "http://localhost:8000/resources/activity/" in text, "the configured site's address"
        assert "staff area" not in text


def test_what_a_browser_says_of_itself_is_no_code_in_the_mail(alice, at_home):
    log_in(alice, browser(ABROAD, "<script>alert(1)</script>/1.0"))
    assert mails() == 1
    assert "<script>" not in mail_to(alice.email).html


def test_staff_are_told_too_in_words_of_their_own(sam):
    staff_log_in(sam, browser(HOME, FIREFOX))
    assert mails() == 0
    staff_log_in(sam, browser(ABROAD, FIREFOX))
    assert mails() == 1
    assert "to the staff area with your account sam@vendor.example" in mail_to(sam.email).text


def test_a_changed_password_is_no_new_device(alice):
    client = browser(HOME, FIREFOX)
    log_in(alice, client)
    client.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    assert mails() == 0


@pytest.mark.django_db(transaction=True)
def test_without_the_log_in_there_is_no_mail():
    """Both stand in one transaction: here the audit event cannot be written."""
    alice = User.objects.create_user("alice@example.com", PASSWORD)
    log_in(alice, browser(HOME, FIREFOX))
    stranger = browser(ABROAD, SAFARI)
    stranger.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent RENAME TO gone")
    try:
        assert stranger.post("/resources/log-in/", {"email": alice.email, "password": PASSWORD}).status_code == 500
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO audit_auditevent")
    assert mails() == 0


def looks(client: Client, user: User) -> list[str]:
    """The queries of a log-in that read login sessions of the account."""
    with CaptureQueriesContext(connection) as queries:
        log_in(user, client)
    return [
        query["sql"] for query in queries if query["sql"].startswith("SELECT") and '"accounts_loginsession"."started_at" >' in query["sql"]
    ]


def test_a_known_browser_costs_no_query_and_another_costs_one_however_long_the_history(alice, at_home):
    at_home.post("/resources/log-out/")
    assert looks(at_home, alice) == []
    now = timezone.now()
    LoginSession.objects.bulk_create(
        LoginSession(
            user=alice, area="resources", token_hash=str(n), browser=f"Browser{n}/1", ip=ABROAD, started_at=now - timedelta(minutes=n)
        )
        for n in range(1_000)
    )
    (sql,) = looks(browser(HOME, FIREFOX), alice)
    assert "LIMIT 100" in sql
