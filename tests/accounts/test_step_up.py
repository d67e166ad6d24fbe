"""Step-up: whoever changes what guards the account proves first, or once more, who they are (ASVS 7.5.1, 7.2.4)."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import second_factor
from accounts.decorators import freshly_confirmed
from accounts.models import AddressChange, LoginSession, RecoveryCode
from audit.models import AuditEvent
from tests.accounts import address_side
from tests.cast import PASSWORD
from tests.customer import Browser, log_in, mail_to
from tests.second_factor import log_in_with_code
from tests.staff import code_of, enrolled, forget_last_code

pytestmark = pytest.mark.django_db
CONFIRM = "/resources/confirm/"
ACCOUNT = "/resources/account/"


def let_it_age(minutes: int = 11) -> None:
    LoginSession.objects.update(confirmed_at=timezone.now() - timedelta(minutes=minutes))


@pytest.fixture
def stale(alice) -> Client:
    """Alice, logged in for so long that she must prove again who she is."""
    client = log_in(alice)
    let_it_age()
    return client


def confirm(client: Client, wanted: str = ACCOUNT, **form: str) -> HttpResponse:
    return client.post(CONFIRM, {"password": PASSWORD, "next": wanted} | form)


def guarded_answer(client: Client, method: str = "get") -> HttpResponse:
    """What a guarded view at ACCOUNT answers to this client."""
    request = getattr(client, method)(ACCOUNT + "?page=1").wsgi_request
    request.method = method.upper()
    return freshly_confirmed(lambda request: HttpResponse("guarded"))(request)


def test_a_log_in_counts_for_ten_minutes(alice):
    client = log_in(alice)
    let_it_age(9)
    assert guarded_answer(client).content == b"guarded"
    let_it_age(10)
    assert guarded_answer(client)["Location"] == CONFIRM + "?next=%2Fresources%2Faccount%2F%3Fpage%3D1"


def test_after_the_password_the_way_goes_on(stale):
    page = stale.get(guarded_answer(stale)["Location"])
    assert "Confirm who you are" in page.content.decode()
    assert 'name="token"' not in page.content.decode(), "no second factor, no code"
    assert confirm(stale, wanted=page.context["next"])["Location"] == ACCOUNT + "?page=1"
    assert guarded_answer(stale).content == b"guarded"
    assert AuditEvent.objects.get(kind="login.confirmed").detail == {"login_session": LoginSession.objects.get().pk}


def test_what_was_sent_with_an_old_confirmation_changes_nothing_and_the_page_says_so(stale):
    answer = guarded_answer(stale, "post")
    assert answer["Location"].startswith(CONFIRM)


def test_a_wrong_password_confirms_nothing(stale):
    assert "not your password" in confirm(stale, password="wrong").content.decode()
    assert guarded_answer(stale).status_code == 302
    assert AuditEvent.objects.filter(kind="login.failed").count() == 1


def test_somebody_elses_password_confirms_nothing(stale, mallory):
    mallory.set_password("quite another phrase")
    mallory.save()
    assert "not your password" in confirm(stale, password="quite another phrase").content.decode()


def test_guessing_is_slowed_as_at_the_log_in(stale):
    assert [confirm(stale, password="wrong").status_code for _try in range(11)] == [200] * 10 + [429]
    assert confirm(stale).status_code == 429


def test_where_there_is_a_second_factor_the_password_is_not_enough(alice):
    client, device = log_in(alice), enrolled(alice)
    let_it_age()
    assert 'name="token"' in client.get(CONFIRM).content.decode()
    for token in ({}, {"token": ""}, {"token": "abc"}):
        assert confirm(client, **token).status_code == 200
        assert guarded_answer(client).status_code == 302
    code = code_of(device)
    assert confirm(client, password="wrong", token=code).status_code == 200, "a wrong password spends no code"
    assert confirm(client, token=code)["Location"] == ACCOUNT
    assert LoginSession.objects.get().otp_device == device.persistent_id
    let_it_age()
    assert confirm(client, token=code).status_code == 200, "a code works once"


def test_a_recovery_code_confirms_once_and_a_mail_tells_it(alice):
    client, _device = log_in(alice), enrolled(alice)
    codes = second_factor.new_codes(alice)
    let_it_age()
    assert "Recovery code" in client.get(CONFIRM + "?recovery-code&next=" + ACCOUNT).content.decode()
    assert confirm(client, token=codes[0]).status_code == 302
    assert "9 codes are left" in mail_to(alice.email).text
    assert RecoveryCode.objects.filter(used_at=None).count() == 9
    let_it_age()
    assert confirm(client, token=codes[0]).status_code == 200


def test_confirming_renews_every_secret_of_the_browser(stale):
    """Whoever copied the cookies before is outside after it."""
    thief, before = Client(), {name: stale.cookies[name].value for name in ("session", "authentication")}
    token = str(stale.get(CONFIRM).context["csrf_token"])
    thief.cookies.load(before)
    assert thief.get(ACCOUNT).status_code == 200
    confirm(stale)
    assert stale.get(ACCOUNT).status_code == 200
    assert thief.get(ACCOUNT).status_code == 302
    assert all(stale.cookies[name].value != value for name, value in before.items())
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = stale.cookies
    assert strict.post("/resources/log-out/", {"csrfmiddlewaretoken": token}).status_code == 403


def test_a_log_in_that_was_ended_meanwhile_is_not_brought_back(alice):
    from accounts import authentication
    from accounts.models.login_session import EndReason

    client = log_in(alice)
    let_it_age()
    request = client.get(ACCOUNT).wsgi_request
    LoginSession.objects.all().end(EndReason.ENDED_BY_CUSTOMER)
    assert authentication.confirm(request, HttpResponse(), alice) is False
    assert not AuditEvent.objects.filter(kind="login.confirmed").exists()
    assert client.get(ACCOUNT).status_code == 302


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/resources/", "/staff/", "javascript:alert(1)", "/resources/\r\nX: y"]
)
def test_it_leads_only_to_pages_of_the_area(stale, wanted):
    assert confirm(stale, wanted=wanted)["Location"] == "/resources/"


def test_who_is_fresh_is_led_on_at_once(alice):
    assert log_in(alice).get(f"{CONFIRM}?next={ACCOUNT}")["Location"] == ACCOUNT


def test_a_new_address_is_asked_for_after_both_factors_alone(alice):
    """Whoever has an open browser and the password does not move the account of somebody with a second factor (ASVS 7.5.1)."""
    device, client = enrolled(alice), log_in_with_code(alice)
    let_it_age()
    page = address_side.PAGE
    assert client.get(page)["Location"] == f"{CONFIRM}?next={quote(page, safe='')}"
    assert address_side.ask(client)["Location"].startswith(CONFIRM)
    assert not AddressChange.objects.exists()
    forget_last_code(device)
    assert confirm(client, wanted=page, token=code_of(device))["Location"] == page
    address_side.ask(client)
    assert AddressChange.objects.count() == 1
    let_it_age()
    assert "A change is waiting" in client.get(page).content.decode(), "to look and to cancel takes no more than the log-in"
    client.post(f"{page}cancel/")
    assert AddressChange.objects.get().cancelled_at


def test_a_new_password_does_not_stand_in_for_the_second_factor(alice):
    """Whoever has an open browser and the password alone would get at everything else with it."""
    client = log_in_with_code(alice)
    let_it_age()
    answer = client.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": "quite another phrase"})
    assert answer["Location"] == ACCOUNT
    assert guarded_answer(client)["Location"].startswith(CONFIRM)


def test_where_there_is_no_second_factor_the_password_given_for_a_new_one_confirms(stale):
    stale.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": "quite another phrase"})
    assert guarded_answer(stale).content == b"guarded"


def test_strangers_are_asked_to_log_in(db):
    assert Client().get(CONFIRM)["Location"] == f"/resources/log-in/?next={CONFIRM}"
    request = RequestFactory().get(ACCOUNT)
    request.login_session = None
    assert freshly_confirmed(lambda request: HttpResponse("guarded"))(request).status_code == 302


@pytest.mark.parametrize(
    "form", [{"password": "x" * 10_000}, {"password": "\x00"}, {"token": "1" * 10_000}, {"token": "\x00"}, {"token": "١٢٣٤٥٦"}]
)
def test_hostile_forms_are_answered_kindly(alice, form):
    client, _device = log_in(alice), enrolled(alice)
    let_it_age()
    assert confirm(client, **({"token": "000000"} | form)).status_code == 200


def test_a_password_hash_that_is_renewed_on_the_way_does_not_log_out(alice, settings):
    """Django makes a stronger hash when it sees the password; the login session must know the new one."""
    browser = log_in(alice, Browser())
    let_it_age()
    from accounts.hashers import OwaspArgon2PasswordHasher

    time_cost, OwaspArgon2PasswordHasher.time_cost = OwaspArgon2PasswordHasher.time_cost, OwaspArgon2PasswordHasher.time_cost + 1
    try:
        confirm(browser)
    finally:
        OwaspArgon2PasswordHasher.time_cost = time_cost
    assert browser.get(ACCOUNT).status_code == 200
