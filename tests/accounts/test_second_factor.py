"""The second factor of customers on the page of security: enrolled, replaced, renewed, switched off."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor
from accounts.models import LoginSession, RecoveryCode, RecoveryDevice, User
from accounts.other_sessions import LogInEnded
from audit.models import AuditEvent
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to
from tests.pages import read, words_of
from tests.second_factor import CODE, CODES, ENROL, REMOVE, SECURITY, after_password, enrol, give_code, log_in_with_code
from tests.staff import code_of, code_on, enrolled, forget_last_code, give_password, staff_log_in

pytestmark = pytest.mark.django_db


def kinds_of(user: User) -> list[str]:
    return list(AuditEvent.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


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
        with pytest.raises(LogInEnded):
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
