"""Staff log in with two factors, and nobody else gets in."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor
from accounts.models import LoginSession, RecoveryDevice, User
from audit.models import AuditEvent
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to
from tests.staff import code_of, code_on, enrolled, forget_last_code, give_password, staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_ada_logs_in_with_both_factors(ada):
    client = staff_log_in(ada)
    assert client.get("/staff/").status_code == 200
    assert client.post("/staff/logout/")["Location"] == "/staff/login/"
    assert client.get("/staff/").status_code == 302


def test_the_password_alone_admits_nowhere(ada):
    client, device = Client(), enrolled(ada)
    give_password(ada, client)
    assert client.get("/staff/")["Location"] == "/staff/login/?next=/staff/"
    assert client.get("/staff/accounts/user/").status_code == 302
    assert client.get("/resources/").status_code == 302
    assert client.post("/staff/second-factor/", {"token": "000000" if code_of(device) != "000000" else "111111"}).status_code == 200
    assert AuditEvent.objects.filter(kind="second_factor.failed", user=ada).count() == 1


def test_the_second_factor_alone_admits_nowhere(ada):
    device = enrolled(ada)
    assert Client().post("/staff/second-factor/", {"token": code_of(device)})["Location"] == "/staff/login/"


def test_customers_are_told_the_same_as_strangers(alice, ada):
    answers = {give_password(alice, Client()).status_code, Client().post("/staff/login/", {"email": "x@y.zz", "password": "x"}).status_code}
    assert answers == {200}
    assert not LoginSession.objects.exists()


def test_a_customers_log_in_is_none_for_staff(ada):
    client = log_in(ada)
    assert client.get("/resources/").status_code == 200
    assert client.get("/staff/").status_code == 302
    assert "authentication" in client.cookies
    assert "staff_authentication" not in client.cookies


def test_a_staff_log_in_is_none_for_customers(ada):
    assert staff_log_in(ada).get("/resources/").status_code == 302


def test_a_code_works_once(ada):
    device = enrolled(ada)
    first, second = Client(), Client()
    for client in (first, second):
        give_password(ada, client)
    code = code_of(device)
    assert first.post("/staff/second-factor/", {"token": code})["Location"] == "/staff/"
    assert second.post("/staff/second-factor/", {"token": code}).status_code == 200


def test_guessing_codes_is_slowed(ada):
    client, _device = Client(), enrolled(ada)
    give_password(ada, client)
    codes = [client.post("/staff/second-factor/", {"token": "000001"}).status_code for _try in range(12)]
    assert codes[-1] == 429


def test_the_first_step_lapses_and_ends_with_the_password(ada, monkeypatch):
    client, device = Client(), enrolled(ada)
    give_password(ada, client)
    ada.set_password("changed meanwhile")
    ada.save()
    assert client.post("/staff/second-factor/", {"token": code_of(device)})["Location"] == "/staff/login/"


def test_whoever_has_no_second_factor_enrols_one(sam):
    client = Client()
    assert give_password(sam, client)["Location"] == "/staff/second-factor/enrol/"
    page = client.get("/staff/second-factor/enrol/").content.decode()
    assert "<svg" in page
    response = client.post("/staff/second-factor/enrol/", {"token": code_on(page)})
    codes = re.findall(r"<code>([\w-]{19})</code>", response.content.decode())
    assert len(codes) == 10
    assert client.get("/staff/").status_code == 200
    assert "enrolled" in mail_to(sam.email).subject


def test_a_wrong_code_enrols_nothing(sam):
    client = Client()
    give_password(sam, client)
    client.get("/staff/second-factor/enrol/")
    assert "does not fit" in client.post("/staff/second-factor/enrol/", {"token": "12"}).content.decode()
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_a_secret_that_somebody_else_saw_is_never_the_owners(sam):
    """Whoever has the password alone can open the enrolment page; what it shows them must not become the owner's app."""
    thief, owner = Client(), Client()
    give_password(sam, thief)
    stolen = code_on(thief.get("/staff/second-factor/enrol/").content.decode())
    give_password(sam, owner)
    page = owner.get("/staff/second-factor/enrol/").content.decode()
    assert code_on(page) != stolen
    assert "recovery codes" in owner.post("/staff/second-factor/enrol/", {"token": code_on(page)}).content.decode().lower()
    assert thief.post("/staff/second-factor/enrol/", {"token": stolen})["Location"] == "/staff/login/"
    give_password(sam, thief)
    assert thief.post("/staff/second-factor/", {"token": stolen}).status_code == 200


def test_reloading_the_page_keeps_the_picture(sam):
    client = Client()
    give_password(sam, client)
    first, second = (client.get("/staff/second-factor/enrol/").content.decode() for _time in range(2))
    assert code_on(first) == code_on(second)


def test_a_new_app_ends_the_log_ins_of_the_old_one(ada):
    here, there = staff_log_in(ada), staff_log_in(ada)
    page = here.get("/staff/second-factor/enrol/").content.decode()
    here.post("/staff/second-factor/enrol/", {"token": code_on(page)})
    assert here.get("/staff/").status_code == 200
    assert there.get("/staff/login/").status_code == 200
    assert there.get("/staff/")["Location"].startswith("/staff/login/")


def test_whoever_is_staff_no_more_sees_the_log_in(ada):
    client = staff_log_in(ada)
    User.objects.filter(pk=ada.pk).update(is_staff=False)
    assert client.get("/staff/")["Location"].startswith("/staff/login/")
    assert client.get("/staff/login/").status_code == 200


def test_the_staff_area_does_not_tell_whether_a_customers_password_is_right(alice):
    statuses = [give_password(alice, Client()).status_code for _try in range(30)]
    assert statuses[-1] == 429
    assert AuditEvent.objects.filter(kind="login.failed", user=alice).exists()


def test_the_password_alone_never_replaces_a_second_factor(ada):
    client, _device = Client(), enrolled(ada)
    give_password(ada, client)
    assert client.get("/staff/second-factor/enrol/")["Location"] == "/staff/login/"
    assert Client().get("/staff/second-factor/enrol/")["Location"] == "/staff/login/"
    assert log_in(ada).get("/staff/second-factor/enrol/")["Location"] == "/staff/login/"


def test_a_recovery_code_stands_in_once(ada):
    enrolled(ada)
    code = second_factor.new_codes(ada)[0]
    assert code not in str(list(RecoveryDevice.objects.get().codes.values()))
    first, second = Client(), Client()
    for client in (first, second):
        give_password(ada, client)
    assert first.post("/staff/second-factor/", {"token": code.upper().replace("-", " ")})["Location"] == "/staff/"
    assert second.post("/staff/second-factor/", {"token": code}).status_code == 200


def test_new_recovery_codes_end_the_old_ones(ada):
    client = staff_log_in(ada)
    old = second_factor.new_codes(ada)[0]
    page = client.post("/staff/second-factor/recovery-codes/").content.decode()
    assert len(re.findall(r"<code>[\w-]{19}</code>", page)) == 10
    assert AuditEvent.objects.filter(kind="recovery_codes.renewed", user=ada).exists()
    assert "New recovery codes" in mail_to(ada.email).subject
    other = Client()
    give_password(ada, other)
    assert other.post("/staff/second-factor/", {"token": old}).status_code == 200
    assert Client().post("/staff/second-factor/recovery-codes/")["Location"] == "/staff/login/"


def test_staff_change_their_password_and_stay_logged_in(ada):
    client = staff_log_in(ada)
    response = client.post("/staff/password_change/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    assert response["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200


def test_a_renewed_password_does_not_bypass_the_second_factor(ada):
    from accounts.passwords import set_password_url

    enrolled(ada)
    client = Client()
    client.get(set_password_url(ada).removeprefix("http://localhost:8000"))
    client.post("/resources/password/set/", {"new_password": "another long phrase"})
    assert client.get("/staff/").status_code == 302
    assert give_password(ada, client, "another long phrase")["Location"] == "/staff/second-factor/"


def test_staff_are_made_and_enrolled_at_the_command_line(db, monkeypatch):
    out = StringIO()
    call_command("create_staff", "sue@vendor.example", "--name", "Sue", stdout=out)
    assert "/resources/password/" in out.getvalue()
    sue = User.objects.get(email="sue@vendor.example")
    assert (sue.is_staff, sue.is_superuser) == (True, False)
    assert sue.has_perm("accounts.view_user")
    assert AuditEvent.objects.get(kind="staff.changed", user=sue).detail == {"role": "support", "by": "command line"}
    assert not sue.has_perm("accounts.change_user")
    out = StringIO()
    secret = re.compile(r"this secret into the app: ([A-Z2-7 ]+)")
    monkeypatch.setattr("builtins.input", lambda _prompt: code_on(f"<code>{secret.search(out.getvalue())[1].strip()}</code>"))
    call_command("enrol_second_factor", "Sue@Vendor.example", stdout=out)
    assert "recovery codes" in out.getvalue()
    assert second_factor.app_of(sue)


@pytest.mark.parametrize(("command", "words"), [("create_staff", "is not an e-mail"), ("enrol_second_factor", "No member of staff")])
def test_wrong_addresses_are_explained(db, command, words):
    with pytest.raises(CommandError, match=words):
        call_command(command, "nonsense")


def test_idle_staff_are_logged_out_sooner(ada):
    from datetime import timedelta

    from django.utils import timezone

    client = staff_log_in(ada)
    LoginSession.objects.update(last_seen_at=timezone.now() - timedelta(minutes=61))
    assert client.get("/staff/").status_code == 302


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_enrol_at_the_same_time_end_with_one_app(sam):
    """Both have given the password before there was an app: the second one to confirm must not push out the first."""
    clients = [Client() for _number in range(4)]
    codes = []
    for client in clients:
        give_password(sam, client)
        codes.append(code_on(client.get("/staff/second-factor/enrol/").content.decode()))

    def enrol(number: int) -> bool:
        page = clients[number].post("/staff/second-factor/enrol/", {"token": codes[number]})
        return page.status_code == 200 and len(re.findall(r"<code>[\w-]{19}</code>", page.content.decode())) == 10

    assert sum(at_once(enrol, range(4))) == 1
    assert TOTPDevice.objects.filter(user=sam).count() == 1
    assert LoginSession.objects.filter(user=sam, ended_at=None).count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_recovery_code_at_the_same_time_admits_once(ada):
    enrolled(ada)
    code = second_factor.new_codes(ada)[0]
    clients = [Client() for _number in range(6)]
    for client in clients:
        give_password(ada, client)
    forget_last_code(enrolled(ada))
    answers = at_once(lambda client: client.post("/staff/second-factor/", {"token": code}).status_code, clients)
    assert answers.count(302) == 1
