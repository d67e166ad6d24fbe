"""What staff can do to accounts, and what they cannot."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import LoginSession, User
from accounts.passwords import set_password_url
from accounts.roles import ADMINISTRATION, SUPPORT, group_of, role_of
from audit.models import AppendOnly, AuditEvent
from tests.customer import log_in
from tests.staff import enrolled, staff_log_in

pytestmark = pytest.mark.django_db


def test_customers_are_found_by_address_name_and_order(ada, alice, bob):
    client = staff_log_in(ada)
    for words in ("alice@", "Archer"):
        page = client.get("/staff/accounts/user/", {"q": words}).content.decode()
        assert "Alice Archer" in page
        assert "Bob Baker" not in page


def test_support_cannot_make_itself_administration(sam):
    form = {"name": "Sam", "is_staff": "on", "is_superuser": "on", "groups": [group_of(ADMINISTRATION).pk]}
    assert staff_log_in(sam).post(f"/staff/accounts/user/{sam.pk}/change/", form).status_code == 404
    sam.refresh_from_db()
    assert not sam.is_superuser
    assert role_of(sam) == SUPPORT


def test_nobody_reads_or_sets_a_password_in_the_admin(ada, alice):
    page = staff_log_in(ada).get(f"/staff/accounts/user/{alice.pk}/change/").content.decode()
    assert "argon2" not in page
    assert 'name="password"' not in page


def test_administration_ends_a_log_in(ada, alice):
    customer = log_in(alice)
    session = LoginSession.objects.get(user=alice)
    staff_log_in(ada).post("/staff/accounts/loginsession/", {"action": "end_sessions", "_selected_action": [session.pk]})
    assert customer.get("/resources/").status_code == 302
    assert AuditEvent.objects.filter(kind="login.ended", user=alice, actor=ada).count() == 1


def test_a_lost_second_factor_is_removed_by_administration(ada, sam):
    lost = staff_log_in(sam)
    device = enrolled(sam)
    staff_log_in(ada).post(f"/staff/otp_totp/totpdevice/{device.pk}/delete/", {"post": "yes"})
    assert lost.get("/staff/").status_code == 302
    assert not User.objects.get(pk=sam.pk).totpdevice_set.exists()


def test_second_factors_stand_under_names_that_staff_know(ada):
    page = staff_log_in(ada).get("/staff/").content.decode()
    assert "Authenticator apps" in page
    assert "Passkeys" in page


def test_secrets_of_authenticator_apps_are_not_shown(ada):
    device = enrolled(ada)
    page = staff_log_in(ada).get(f"/staff/otp_totp/totpdevice/{device.pk}/change/").content.decode()
    assert device.key not in page
    assert "otpauth" not in page


def test_the_audit_log_is_read_and_never_changed(ada, alice):
    client = staff_log_in(ada)
    event = AuditEvent.objects.filter(user=alice).first()
    assert "product granted" in client.get("/staff/audit/auditevent/", {"q": alice.email_key}).content.decode()
    assert client.post(f"/staff/audit/auditevent/{event.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"/staff/audit/auditevent/{event.pk}/change/", {"kind": "login.succeeded"})
    event.refresh_from_db()
    assert event.kind != "login.succeeded"
    for change in (event.delete, event.save, AuditEvent.objects.all().delete, lambda: AuditEvent.objects.update(kind="x")):
        with pytest.raises(AppendOnly):
            change()


def test_what_staff_change_is_noted_without_names(ada, alice):
    staff_log_in(ada).post(f"/staff/accounts/user/{alice.pk}/change/", {"name": "Alice Archer-Smith"})
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (ada, str(alice.pk), f"customer {alice.pk}")
    assert alice.email not in str(LogEntry.objects.values())


def test_rights_that_change_are_in_the_audit_log(ada, sam):
    form = {"name": "Sam", "is_staff": "on", "is_superuser": "on", "groups": [group_of(ADMINISTRATION).pk]}
    staff_log_in(ada).post(f"/staff/accounts/user/{sam.pk}/change/", form)
    event = AuditEvent.objects.get(kind="staff.changed")
    now = {"role": "Administration", "changed": ["groups"], "is_staff": True, "roles": ["Administration"]}
    assert (event.user, event.actor, event.detail) == (sam, ada, now)
    sam.refresh_from_db()
    assert not sam.is_superuser, "a superuser is made at the command line alone"


def test_a_new_member_of_staff_sets_a_password_and_is_led_to_the_staff_area(sam):
    client = Client()
    client.get(set_password_url(sam).removeprefix("http://localhost:8000"))
    assert client.post("/resources/password/set/", {"new_password": "another long phrase"})["Location"] == "/staff/login/"
