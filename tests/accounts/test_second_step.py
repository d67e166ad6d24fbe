"""The second step of a customer's log-in: what opens it, what it takes, what it costs, and that there is no way around it."""

import re
import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import authentication, holds, second_factor
from accounts.limits import SECOND_FACTOR
from accounts.models import LoginSession, Throttle, User
from accounts.passwords import set_password_url
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.cast import PASSWORD
from tests.customer import Browser, log_in, mail_to, try_log_in
from tests.pages import read, words_of
from tests.second_factor import CODES, ENROL, REMOVE, SECURITY, STEP, after_password, give_code, log_in_with_code
from tests.staff import code_of, enrolled

pytestmark = pytest.mark.django_db


def kinds_of(user: User) -> list[str]:
    return list(AuditEvent.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


# What opens it, and what it takes


def test_the_way_and_the_wish_to_be_remembered_survive_the_step(alice, app):
    browser = Browser()
    form = {"email": alice.email, "password": PASSWORD, "next": "/resources/account/?page=1", "remember": "on"}
    assert browser.post("/resources/log-in/", form)["Location"] == STEP
    assert "account" not in browser.cookies, "nobody is remembered before they are in"
    assert "greeting" not in browser.cookies
    assert give_code(browser, code_of(app))["Location"] == "/resources/account/?page=1"
    assert {"account", "greeting", "authentication"} <= set(browser.cookies)


def test_the_step_opens_after_the_right_password_alone(alice, app):
    for client in (Client(), log_in(User.objects.create_user("new@example.com", PASSWORD))):
        assert client.get(STEP)["Location"] == "/resources/log-in/"
        assert give_code(client, code_of(app))["Location"] == "/resources/log-in/"
    client = Client()
    try_log_in(alice.email, "wrong", client)
    assert client.get(STEP)["Location"] == "/resources/log-in/"


def test_the_step_lapses_after_five_minutes_and_says_so(alice, app, monkeypatch):
    client, code, now = after_password(alice), code_of(app), time.time()
    monkeypatch.setattr("accounts.candidates.time.time", lambda: now + 301)
    answer = client.post(STEP, {"token": code}, follow=True)
    assert "more than five minutes" in words_of(answer.content.decode())
    assert client.get("/resources/").status_code == 302


def test_the_step_ends_with_the_password(alice, app):
    client = after_password(alice)
    alice.set_password("quite another phrase")
    alice.save()
    assert give_code(client, code_of(app))["Location"] == "/resources/log-in/"


def test_the_step_has_a_session_of_its_own(alice, app):
    """Whoever slipped a visitor a session before the log-in does not share the step."""
    client = Browser()
    read(client, "/resources/log-in/")
    before = client.cookies["session"].value
    after_password(alice, client)
    assert client.cookies["session"].value != before


def test_the_page_asks_for_digits_or_for_a_recovery_code(alice, app):
    client = after_password(alice)
    page = client.get(STEP).content.decode()
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page
    assert "/support/log-in-help/" in page, "who lost both is told where to write"
    page = client.get(STEP + "?recovery-code").content.decode()
    assert "Recovery code" in page
    assert "inputmode" not in page


def test_a_wrong_recovery_code_is_not_told_to_wait_for_the_next_one(alice, app):
    client = after_password(alice)
    answer = client.post(STEP + "?recovery-code", {"token": "aaaa-bbbb-cccc-dddd"}).content.decode()
    assert "each works once. Please try another one." in answer


def test_a_code_works_once(alice, app):
    first, second, code = after_password(alice), after_password(alice), code_of(app)
    assert give_code(first, code).status_code == 302
    assert give_code(second, code).status_code == 200
    assert "was used already" in give_code(second, code).content.decode()


def test_a_code_of_somebody_else_is_wrong(alice, app, mallory):
    assert give_code(after_password(alice), code_of(enrolled(mallory))).status_code == 200
    assert kinds_of(alice)[-1] == "second_factor.failed"


def test_a_recovery_code_stands_in_once_and_a_mail_says_how_many_are_left(alice, app):
    code = second_factor.new_codes(alice)[0]
    assert give_code(after_password(alice), code.upper().replace("-", " ")).status_code == 302
    assert {"recovery_code.used", "login.succeeded"} <= set(kinds_of(alice))
    assert "9 codes are left" in mail_to(alice.email).text
    assert give_code(after_password(alice), code).status_code == 200


def test_log_ins_with_the_app_do_not_count_against_the_recovery_codes(alice, app):
    codes = second_factor.new_codes(alice)
    for _time in range(4):
        log_in_with_code(alice)
    for token in ("000001", "000002"):
        give_code(after_password(alice), token)
    assert give_code(after_password(alice), codes[0]).status_code == 302


def test_guessing_is_slowed_noted_and_told_to_the_owner_once(alice, app):
    client = after_password(alice)
    assert [give_code(client, f"00000{number % 10}").status_code for number in range(11)] == [200] * 10 + [429]
    assert give_code(client, code_of(app)).status_code == 429
    assert kinds_of(alice).count("second_factor.failed") == 10
    warnings = OutgoingMail.objects.filter(cause__startswith="accounts/second_factor_failed")
    assert [mail.to for mail in warnings] == [alice.email]


def test_a_thief_with_the_password_does_not_lock_the_owner_out(alice):
    """The owner's browser, in which they logged in before, has a count of its own."""
    owner = log_in_with_code(alice, Browser())
    owner.post("/resources/log-out/")
    thief = after_password(alice)
    assert [give_code(thief, "000000").status_code for _try in range(11)][-1] == 429
    log_in_with_code(alice, owner)


def test_a_success_gives_back_its_own_try_alone(alice, app):
    for _time in range(9):
        Throttle.objects.admit(SECOND_FACTOR, str(alice.pk))
    log_in_with_code(alice)
    assert [Throttle.objects.admit(SECOND_FACTOR, str(alice.pk)) for _time in range(2)] == [True, False]


@pytest.mark.parametrize(
    "token", ["", "1" * 10_000, "\x00" * 6, "١٢٣٤٥٦", "１２３４５６", "%00", "' OR 1=1", "-12345", "1_2_3_4", "½½½½½½"]
)
def test_hostile_codes_are_answered_kindly(alice, app, token):
    second_factor.new_codes(alice)
    assert give_code(after_password(alice), token).status_code == 200


@pytest.mark.parametrize("form", [{}, {"token": ["1", "2"]}, {"x": "y"}])
def test_hostile_forms_are_answered_kindly(alice, app, form):
    assert after_password(alice).post(STEP, form).status_code == 200


def test_who_is_on_hold_hears_so_after_both_factors_alone(alice, app):
    holds.place(alice, reason="test", text="Your account was used from many places.")
    client = after_password(alice)
    assert client.get("/resources/log-in/held/")["Location"] == "/resources/log-in/"
    assert give_code(client, code_of(app))["Location"] == "/resources/log-in/held/"
    assert "many places" in client.get("/resources/log-in/held/").content.decode()


# No way around


@pytest.mark.parametrize("path", ["/resources/log-in/", "/staff/"])
@pytest.mark.parametrize("given", ["nothing", "somebody else's", "not confirmed"])
def test_log_in_itself_refuses_whoever_lacks_the_factor(alice, mallory, rf, path, given):
    """Whatever view calls it: the function that makes login sessions asks."""
    device: Callable[[], TOTPDevice | None] = {
        "nothing": lambda: None,
        "somebody else's": lambda: enrolled(mallory),
        "not confirmed": lambda: TOTPDevice.objects.create(user=alice, confirmed=False, name="begun"),
    }[given]
    enrolled(alice)
    with pytest.raises(authentication.SecondFactorMissing):
        authentication.log_in(rf.post(path), HttpResponse(), alice, device())
    assert not LoginSession.objects.exists()


def test_nobody_logs_in_to_the_staff_area_without_a_factor(ada, rf):
    with pytest.raises(authentication.SecondFactorMissing):
        authentication.log_in(rf.post("/staff/login/"), HttpResponse(), ada)


def test_a_forgotten_password_does_not_bypass_it(alice, app):
    client = Browser()
    client.get(re.sub(r"^http://[^/]+", "", set_password_url(alice)))
    client.post("/resources/password/set/", {"new_password": "another long phrase"})
    assert client.get("/resources/").status_code == 302
    assert try_log_in(alice.email, "another long phrase", client)["Location"] == STEP


def test_changing_the_password_keeps_the_factor_that_was_given(alice, app):
    client = log_in_with_code(alice)
    form = {"current_password": PASSWORD, "new_password": "another long phrase"}
    assert client.post("/resources/account/password/", form).status_code == 302
    assert client.get(SECURITY).status_code == 200
    assert LoginSession.objects.get(ended_at=None).otp_device == app.persistent_id


def test_a_log_in_whose_factor_is_gone_is_none(alice, app):
    client = log_in_with_code(alice)
    app.delete()
    assert client.get("/resources/").status_code == 302


# What it costs


def queries_of(action: Callable[[], HttpResponse], status: int) -> int:
    with CaptureQueriesContext(connection) as found:
        assert action().status_code == status
    return len([query for query in found if "SAVEPOINT" not in query["sql"]])


def test_a_log_in_asks_once_whether_there_is_a_second_factor(alice, mallory):
    with CaptureQueriesContext(connection) as found:
        log_in(mallory)
    assert len([query for query in found if "otp_totp" in query["sql"]]) == 1


def test_pages_cost_the_same_however_many_codes_and_events_there_are(alice, app):
    client = log_in_with_code(alice)
    second_factor.new_codes(alice)
    paths = {SECURITY: 7, ENROL: 3, CODES: 5, REMOVE: 4, "/resources/confirm/": 3}
    client.get(ENROL)
    assert {path: queries_of(lambda path=path: client.get(path), 302 if "confirm" in path else 200) for path in paths} == paths
    waiting = after_password(alice)
    waiting.get(STEP)  # puts the CSRF token into the session
    assert queries_of(lambda: waiting.get(STEP), 200) == 4
    for _time in range(5):
        log_in_with_code(alice)
    assert queries_of(lambda: client.get(SECURITY), 200) == paths[SECURITY]
