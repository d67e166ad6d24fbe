"""What accounts tell of their promises: factors, roles, holds, detectors, and that log-ins are recorded."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.misuse import detect
from accounts.models import DetectionCursor, Hold, LoginSession, RecordOpening, User
from accounts.promise_checks import (
    detectors_keep_up,
    holds_end_when_they_should,
    log_ins_are_recorded,
    roles_are_what_they_should_be,
    staff_have_a_second_factor,
    what_staff_opened_is_shut_again,
)
from accounts.roles import SUPPORT, group_of
from privacy.promise_checks import Outcome
from tests.customer import log_in
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db
KEPT, BROKEN, UNKNOWN = Outcome.KEPT, Outcome.BROKEN, Outcome.UNKNOWN


def days_ago(days: float):
    return timezone.now() - timedelta(days=days)


def test_staff_with_a_second_factor(ada):
    staff_log_in(ada)
    User.objects.update(opened_at=days_ago(30))
    assert staff_have_a_second_factor() == (KEPT, "1 members of staff, of whom 0 have a week left to enrol a second factor")


def test_staff_without_one(ada, alice):
    assert staff_have_a_second_factor()[0] == KEPT, "appointed today"
    User.objects.update(opened_at=days_ago(8))
    assert staff_have_a_second_factor() == (BROKEN, f"staff who have not enrolled a second factor for a week: the accounts {ada.pk}")


def test_staff_who_got_in_without(ada):
    staff_log_in(ada)
    session = LoginSession.objects.get(area="staff")
    LoginSession.objects.update(otp_device="")
    assert staff_have_a_second_factor() == (BROKEN, f"log-in {session.pk} entered the staff area without a second factor")


def test_roles_as_they_should_be(ada, sam, alice):
    assert roles_are_what_they_should_be() == (KEPT, "both roles are as their table says; superusers, whom no role limits: 0")


def test_a_role_that_somebody_widened(ada):
    group_of(SUPPORT).permissions.add(Permission.objects.get(codename="change_user"))
    assert roles_are_what_they_should_be() == (BROKEN, "the role Support differs from its table in 1 rights: run manage.py migrate")


def test_rights_past_the_roles(ada, sam, alice):
    sam.user_permissions.add(Permission.objects.get(codename="change_user"))
    assert roles_are_what_they_should_be() == (BROKEN, f"rights were given one by one, past the roles, to the accounts {sam.pk}")
    sam.user_permissions.clear()
    alice.groups.add(group_of(SUPPORT))
    assert roles_are_what_they_should_be() == (BROKEN, f"accounts that are not staff have a role: {alice.pk}")


def test_nobody_who_could_appoint(sam):
    assert roles_are_what_they_should_be()[0] == UNKNOWN


def test_a_record_that_stays_open(sam, alice):
    open_record(staff_log_in(sam), alice)
    assert what_staff_opened_is_shut_again()[0] == KEPT
    RecordOpening.objects.update(open_until=timezone.now() + timedelta(days=2))
    assert what_staff_opened_is_shut_again()[0] == BROKEN


def test_detectors_that_keep_up_and_that_do_not(alice):
    assert detectors_keep_up()[0] == UNKNOWN
    log_in(alice)
    detect()
    assert detectors_keep_up()[0] == KEPT
    DetectionCursor.objects.update(last_event_id=0)
    assert detectors_keep_up()[0] == KEPT, "what waits is new"


def test_detectors_that_stand_still(alice, monkeypatch):
    detect()
    DetectionCursor.objects.update(last_event_id=0)
    monkeypatch.setattr("accounts.promise_checks.LATE", timedelta(seconds=-5))
    assert detectors_keep_up()[0] == BROKEN


def test_a_hold_past_its_end(alice):
    hold = Hold.objects.create(user=alice, reason="x", text="x", expires_at=days_ago(1 / 48))
    assert holds_end_when_they_should()[0] == KEPT, "the sweep runs every minute, and may be late"
    Hold.objects.filter(pk=hold.pk).update(expires_at=days_ago(1))
    assert holds_end_when_they_should() == (BROKEN, "1 holds expired an hour ago or longer, and were not ended")


def test_log_ins_against_the_record(alice, bob):
    assert log_ins_are_recorded() == (UNKNOWN, "nobody has logged in yet")
    log_in(alice)
    log_in(bob)
    assert log_ins_are_recorded() == (KEPT, "each of the latest 2 log-ins is in the record")
    stray = LoginSession.objects.create(user=bob, area="resources", token_hash="a", binding_hash="b", credentials_hash="c")
    assert log_ins_are_recorded() == (BROKEN, f"of the latest 3 log-ins 1 are not in the record, such as {stray.pk}")


@pytest.mark.parametrize("sessions", [1, 30])
def test_it_costs_the_same_however_many_there_are(alice, sessions, django_assert_num_queries):
    for number in range(sessions):
        LoginSession.objects.create(user=alice, area="resources", token_hash=str(number), binding_hash="b", credentials_hash="c")
    with django_assert_num_queries(2):
        log_ins_are_recorded()
