"""The second factor of customers: enrolled, asked for at every log-in, replaced, switched off; and recovery codes."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import authentication, holds, second_factor
from accounts.limits import SECOND_FACTOR
from accounts.models import LoginSession, RecoveryCode, RecoveryDevice, Throttle, User
from accounts.passwords import set_password_url
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.cast import PASSWORD
from tests.customer import Browser, log_in, mail_to, try_log_in
from tests.pages import read, words_of
from tests.second_factor import STEP, after_password, give_code, log_in_with_code
from tests.staff import code_of, code_on, enrolled, forget_last_code, give_password, staff_log_in

pytestmark = pytest.mark.django_db
SECURITY = "/resources/account/security/"
ENROL, REMOVE, CODES = f"{SECURITY}app/", f"{SECURITY}remove/", f"{SECURITY}recovery-codes/"
CODE = re.compile(r"<code>([\w-]{19})</code>")


def kinds_of(user: User) -> list[str]:
    return list(AuditEvent.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def enrol(client: Client) -> HttpResponse:
    """The walk through the page: its picture, and the code that the app shows then."""
    return client.post(ENROL, {"token": code_on(client.get(ENROL).content.decode())})


@pytest.fixture
def app(alice) -> TOTPDevice:
    """Alice's authenticator app."""
    return enrolled(alice)


# Enrolling


def test_alice_enrols_an_app_and_gets_ten_codes_once(alice):
    client = log_in(alice)
    assert "Off." in words_of(client.get(SECURITY).content.decode())
    page = client.get(ENROL).content.decode()
    assert "<svg" in page
    assert code_on(page) == code_on(client.get(ENROL).content.decode()), "reloading keeps the picture"
    answer = enrol(client)
    codes = CODE.findall(answer.content.decode())
    assert len(set(codes)) == RecoveryDevice.COUNT
    assert not RecoveryCode.objects.filter(digest__in=codes).exists(), "digests alone are kept"
    state = words_of(client.get(SECURITY).content.decode())
    assert "On." in state
    assert "10 codes are left" in state
    assert not CODE.findall(client.get(SECURITY).content.decode())
    assert kinds_of(alice)[-1] == "second_factor.enrolled"
    assert "enrolled for your account Alice@example.com" in mail_to(alice.email).text


def test_from_then_on_the_password_alone_does_not_log_in(alice):
    enrol(log_in(alice))
    client = after_password(alice)
    assert client.get("/resources/").status_code == 302
    assert give_code(client, "000000").status_code == 200
    device = TOTPDevice.objects.get()
    forget_last_code(device)
    assert give_code(client, code_of(device))["Location"] == "/resources/"
    assert client.get("/resources/").status_code == 200
    assert LoginSession.objects.latest("pk").otp_device == device.persistent_id


def test_the_code_that_enrolled_is_used(alice):
    client = log_in(alice)
    code = code_on(client.get(ENROL).content.decode())
    client.post(ENROL, {"token": code})
    assert give_code(after_password(alice), code).status_code == 200


def test_enrolling_ends_all_other_log_ins_and_renews_this_one(alice):
    here, there, thief = log_in(alice), log_in(alice), Client()
    for name in ("session", "authentication"):
        thief.cookies[name] = here.cookies[name].value
    enrol(here)
    assert here.get(SECURITY).status_code == 200
    assert [client.get(SECURITY).status_code for client in (there, thief)] == [302, 302]
    assert LoginSession.objects.filter(ended_at=None).count() == 1
    assert LoginSession.objects.exclude(ended_at=None).get().end_reason == "second_factor_changed"


def test_the_page_that_shows_the_codes_has_forms_that_work(alice):
    """The secrets are renewed with it; its log-out must carry the new token, and the old form must make nothing twice."""
    client = Client(enforce_csrf_checks=True)

    def post(path: str, page: HttpResponse, **form: str) -> HttpResponse:
        return client.post(path, form | {"csrfmiddlewaretoken": str(page.context["csrf_token"])})

    post("/resources/log-in/", read(client, "/resources/log-in/"), email=alice.email, password=PASSWORD)
    page = client.get(ENROL)
    codes = post(ENROL, page, token=code_on(page.content.decode()))
    assert "Your recovery codes" in codes.content.decode()
    before = client.get(CODES)
    assert post(CODES, before).status_code == 200
    made = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert post(CODES, before).status_code == 403, "the page was reloaded"
    assert set(RecoveryCode.objects.values_list("digest", flat=True)) == made
    again = client.get(CODES)
    assert post("/resources/log-out/", post(CODES, again)).status_code == 302


@pytest.mark.parametrize("token", ["", "0", "abcdef", "1" * 10_000, "\x00" * 6, "١٢٣٤٥٦", "１２３４５６", "-12345", "1_2_3_4"])
def test_what_is_no_code_enrols_nothing(alice, token):
    client = log_in(alice)
    client.get(ENROL)
    assert client.post(ENROL, {"token": token}).status_code == 200
    assert not TOTPDevice.objects.exists()


def test_a_picture_that_somebody_else_saw_in_this_browser_is_not_used(alice, mallory):
    client = log_in(mallory)
    seen = code_on(client.get(ENROL).content.decode())
    log_in(alice, client)
    assert code_on(client.get(ENROL).content.decode()) != seen


# The second step


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
    assert "support@" in page, "who lost both is told where to write"
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


# Replacing, renewing, switching off


def test_a_new_app_replaces_the_old_one(alice, app):
    client, old = log_in_with_code(alice), second_factor.new_codes(alice)[0]
    other = log_in_with_code(alice)
    assert "Replace" in client.get(ENROL).content.decode()
    enrol(client)
    assert TOTPDevice.objects.filter(user=alice).exclude(pk=app.pk).count() == 1
    assert not TOTPDevice.objects.filter(pk=app.pk).exists()
    assert "was replaced" in mail_to(alice.email).subject
    assert client.get(SECURITY).status_code == 200
    assert other.get(SECURITY).status_code == 302
    assert give_code(after_password(alice), old).status_code == 200


def test_new_codes_end_the_old_ones(alice, app):
    client, old = log_in_with_code(alice), second_factor.new_codes(alice)[0]
    assert "10 that are left do not work" in words_of(client.get(CODES).content.decode())
    assert second_factor.codes_left(alice) == 10, "the page alone makes none"
    new = CODE.findall(client.post(CODES).content.decode())
    assert len(new) == 10
    assert kinds_of(alice)[-1] == "recovery_codes.renewed"
    assert "New recovery codes" in mail_to(alice.email).subject
    assert give_code(after_password(alice), old).status_code == 200
    assert give_code(after_password(alice), new[0]).status_code == 302


def test_switching_it_off_ends_other_log_ins_and_is_told(alice, app):
    second_factor.new_codes(alice)
    client, other = log_in_with_code(alice), log_in_with_code(alice)
    assert client.get(REMOVE).status_code == 200
    assert second_factor.app_of(alice), "the page alone changes nothing"
    assert client.post(REMOVE)["Location"] == SECURITY
    assert "Off." in words_of(client.get(SECURITY).content.decode())
    assert other.get(SECURITY).status_code == 302
    assert not RecoveryDevice.objects.exists()
    assert kinds_of(alice)[-1] == "second_factor.removed"
    assert "switched off" in mail_to(alice.email).subject
    log_in(alice)


@pytest.mark.parametrize("path", [ENROL, REMOVE, CODES])
def test_every_change_needs_a_fresh_proof(alice, app, path):
    client = log_in_with_code(alice)
    LoginSession.objects.update(confirmed_at=timezone.now() - timedelta(minutes=11))
    before = list(TOTPDevice.objects.values("pk", "key")), list(RecoveryCode.objects.values())
    for answer in (client.get(path), client.post(path, {"token": "000000"})):
        assert answer["Location"].startswith("/resources/confirm/?next=%2Fresources%2Faccount%2Fsecurity%2F")
    assert "nothing was changed" in words_of(client.get(answer["Location"]).content.decode())
    assert (list(TOTPDevice.objects.values("pk", "key")), list(RecoveryCode.objects.values())) == before


def test_what_needs_a_factor_is_not_there_without_one(alice):
    client = log_in(alice)
    for path in (REMOVE, CODES):
        assert client.post(path)["Location"] == SECURITY
    assert not RecoveryDevice.objects.exists()


def test_a_log_in_that_was_ended_meanwhile_changes_nothing(alice, app):
    """The check stands behind the lock: of two changes at once, the second finds its log-in ended by the first."""
    request = log_in_with_code(alice).get(SECURITY).wsgi_request
    LoginSession.objects.all().end("ended_by_customer")
    for change in (second_factor.remove, second_factor.renew_codes):
        with pytest.raises(second_factor.LoginEnded):
            change(request, alice)
    assert second_factor.app_of(alice)


# Staff who are customers too: one set of devices


def test_a_staff_members_app_guards_their_customers_log_in_too(ada):
    staff_log_in(ada)
    client = after_password(ada)
    forget_last_code(enrolled(ada))
    assert give_code(client, code_of(enrolled(ada))).status_code == 302
    assert client.get("/resources/").status_code == 200
    assert client.get("/staff/").status_code == 302


def test_staff_cannot_switch_it_off_here(ada):
    client = log_in_with_code(ada)
    assert "replaced and not switched off" in words_of(client.get(SECURITY).content.decode())
    assert client.post(REMOVE)["Location"] == SECURITY
    assert second_factor.app_of(ada)
    with pytest.raises(second_factor.StaffKeepIt):
        second_factor.remove(client.get(SECURITY).wsgi_request, ada)
    assert second_factor.app_of(ada)


def test_an_app_replaced_here_ends_staff_log_ins(ada):
    staff, customer = staff_log_in(ada), log_in_with_code(ada)
    enrol(customer)
    assert staff.get("/staff/").status_code == 302
    assert give_password(ada, Client())["Location"] == "/staff/second-factor/"


def test_administration_takes_a_lost_factor_away(alice, app, ada):
    client = log_in_with_code(alice)
    second_factor.new_codes(alice)
    staff_log_in(ada).post(f"/staff/otp_totp/totpdevice/{app.pk}/delete/", {"post": "yes"})
    assert client.get("/resources/").status_code == 302
    assert not RecoveryDevice.objects.filter(user=alice).exists()
    assert AuditEvent.objects.get(kind="second_factor.removed").actor == ada
    assert "reported lost" in mail_to(alice.email).text
    log_in(alice)


# What it costs


def queries_of(action: Callable[[], HttpResponse], status: int) -> int:
    from django.db import connection

    with CaptureQueriesContext(
        connection,
    ) as found:
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


# At the same time


def at_once(clients: list[Client], action: Callable[[Client], HttpResponse]) -> list[HttpResponse]:
    def act(client: Client) -> HttpResponse:
        try:
            return action(client)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(act, clients))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_one_code_by_ten_at_once_admits_once(alice, app, kind):
    codes = second_factor.new_codes(alice)
    clients = [after_password(alice) for _number in range(10)]
    code = code_of(app) if kind == "app" else codes[0]
    answers = at_once(clients, lambda client: give_code(client, code))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [302]
    assert LoginSession.objects.filter(user=alice).count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_browsers_that_enrol_at_once_one_keeps_its_app(alice):
    clients = [log_in(alice) for _number in range(4)]
    codes = {client: code_on(client.get(ENROL).content.decode()) for client in clients}
    answers = at_once(clients, lambda client: client.post(ENROL, {"token": codes[client]}))
    assert sum(len(CODE.findall(answer.content.decode())) == 10 for answer in answers) == 1
    assert TOTPDevice.objects.filter(user=alice).count() == 1
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1
    assert AuditEvent.objects.filter(kind="second_factor.enrolled").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_browsers_that_replace_at_once_one_keeps_its_app(alice, app):
    clients = [log_in_with_code(alice) for _number in range(4)]
    codes = {client: code_on(client.get(ENROL).content.decode()) for client in clients}
    answers = at_once(clients, lambda client: client.post(ENROL, {"token": codes[client]}))
    assert sum(len(CODE.findall(answer.content.decode())) == 10 for answer in answers) == 1
    assert TOTPDevice.objects.filter(user=alice).count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_log_ins_while_an_app_is_enrolled_are_ended_or_asked_for_it(alice):
    """Nobody slips in between with the password alone."""
    enrolling = log_in(alice)
    code = code_on(enrolling.get(ENROL).content.decode())
    clients = [enrolling, *(Client() for _number in range(6))]

    def act(client: Client) -> HttpResponse:
        return client.post(ENROL, {"token": code}) if client is enrolling else try_log_in(alice.email, PASSWORD, client)

    at_once(clients, act)
    assert [client.get(SECURITY).status_code for client in clients] == [200] + [302] * 6
