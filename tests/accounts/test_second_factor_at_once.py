"""Many at once at the second factor: one code admits once, and one app stays."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor
from accounts.models import LoginSession
from audit.models import AuditEvent
from tests.cast import PASSWORD
from tests.customer import log_in, try_log_in
from tests.second_factor import CODE, ENROL, SECURITY, after_password, give_code, log_in_with_code
from tests.staff import code_of, code_on
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_one_code_by_ten_at_once_admits_once(alice, app, kind):
    codes = second_factor.new_codes(alice)
    clients = [after_password(alice) for _number in range(10)]
    code = code_of(app) if kind == "app" else codes[0]
    answers = at_once(lambda client: give_code(client, code), clients)
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [302]
    assert LoginSession.objects.filter(user=alice).count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_browsers_that_enrol_at_once_one_keeps_its_app(alice):
    clients = [log_in(alice) for _number in range(4)]
    codes = {client: code_on(client.get(ENROL).content.decode()) for client in clients}
    answers = at_once(lambda client: client.post(ENROL, {"token": codes[client]}), clients)
    assert sum(len(CODE.findall(answer.content.decode())) == 10 for answer in answers) == 1
    assert TOTPDevice.objects.filter(user=alice).count() == 1
    assert LoginSession.objects.filter(user=alice, ended_at=None).count() == 1
    assert AuditEvent.objects.filter(kind="second_factor.enrolled").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_browsers_that_replace_at_once_one_keeps_its_app(alice, app):
    clients = [log_in_with_code(alice) for _number in range(4)]
    codes = {client: code_on(client.get(ENROL).content.decode()) for client in clients}
    answers = at_once(lambda client: client.post(ENROL, {"token": codes[client]}), clients)
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

    at_once(act, clients)
    assert [client.get(SECURITY).status_code for client in clients] == [200] + [302] * 6
