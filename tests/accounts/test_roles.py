"""The two roles: groups that migrate makes, who may give them, and the command line."""

from io import StringIO
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import checks, roles
from accounts.models import RecordOpening, User
from accounts.roles import ADMINISTRATION, SUPPORT, group_of, permissions_of, role_of
from audit.models import AuditEvent
from downloads.models import Product, UnlockCode
from privacy.staff import StaffAdmin
from tests import cast
from tests.pages import words_of
from tests.staff import open_record, staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def given() -> dict[str, set[tuple[str, str]]]:
    groups = Group.objects.prefetch_related("permissions__content_type")
    return {group.name: {(one.content_type.app_label, one.codename) for one in group.permissions.all()} for group in groups}


TABLE = {role: set(permissions_of(role)) for role in (ADMINISTRATION, SUPPORT)}


def rights_of(client, user: User, **form: object):
    fields = {"name": user.name, "is_staff": "on", "groups": [group_of(SUPPORT).pk]} | form
    return client.post(f"/staff/accounts/user/{user.pk}/change/", {name: value for name, value in fields.items() if value})


def test_the_groups_are_the_table():
    assert given() == TABLE
    assert ("accounts", "view_user") in TABLE[SUPPORT], "so it is not two empty sets that are equal"


@pytest.mark.django_db(transaction=True)
def test_migrate_makes_them_again_and_sets_right_what_somebody_changed():
    Group.objects.all().delete()
    call_command("migrate", verbosity=0)
    group_of(SUPPORT).permissions.add(Permission.objects.get(codename="appoint_user"))
    group_of(SUPPORT).permissions.remove(Permission.objects.get(codename="view_user"))
    call_command("migrate", verbosity=0)
    assert given() == TABLE


@pytest.mark.django_db(transaction=True)
def test_they_are_there_after_an_earlier_test_emptied_the_database():
    """Between two tests of this kind Django flushes every table."""
    call_command("flush", verbosity=0, interactive=False)
    assert given() == TABLE


def test_the_last_app_has_no_permissions_yet_when_its_turn_comes():
    """Whichever app that is: Django makes them after us."""
    Permission.objects.filter(content_type__app_label="otp_totp").delete()
    roles.after_migrate(apps.get_app_config("otp_totp"))
    assert given() == TABLE


def test_a_role_that_names_what_does_not_exist_is_an_error(monkeypatch):
    monkeypatch.setitem(roles.PERMISSIONS, "accounts.user", ("view fly", "view"))
    (error,) = checks.what_staff_may_do_is_decided(None)
    assert (error.id, "accounts.fly_user" in error.msg) == ("accounts.E002", True)


def test_a_model_that_nobody_decided_is_an_error(monkeypatch):
    monkeypatch.delitem(roles.PERMISSIONS, "downloads.unlockcode")
    (error,) = checks.what_staff_may_do_is_decided(None)
    assert (error.id, "downloads.unlockcode" in error.msg) == ("accounts.E001", True)
    monkeypatch.undo()
    monkeypatch.delitem(roles.PERMISSIONS, "purchases.purchaseitem")
    assert [error.id for error in checks.what_staff_may_do_is_decided(None)] == ["accounts.E001"], (
        "rows on the page of another row count too"
    )


@pytest.mark.parametrize(
    ("model", "shows", "error"),
    [
        (UnlockCode, type("Unfiltered", (admin.ModelAdmin,), {}), "accounts.E003"),
        (
            Product,
            type("Inlined", (StaffAdmin,), {"inlines": [type("Codes", (admin.TabularInline,), {"model": UnlockCode})]}),
            "accounts.E003",
        ),
        (UnlockCode, type("Filtered", (StaffAdmin,), {"list_filter": ["entitlement__user"]}), "accounts.E004"),
        (UnlockCode, type("Numbered", (StaffAdmin,), {"raw_id_fields": ["entitlement"]}), "accounts.E004"),
        (UnlockCode, type("Fine", (StaffAdmin,), {"list_filter": ["entitlement__product", "issued_at"]}), None),
        (Product, type("Anything", (admin.ModelAdmin,), {}), None),
    ],
)
def test_what_shows_people_must_filter_them(monkeypatch, model, shows, error):
    site = SimpleNamespace(_registry={model: shows(model, admin.site)})
    monkeypatch.setattr(checks, "admin", SimpleNamespace(site=site))
    assert [found.id for found in checks.peoples_rows_are_filtered(None)] == ([error] if error else [])


def test_what_a_role_may_do_is_not_changed_in_the_staff_area(ada):
    assert Group not in admin.site._registry
    page = staff_log_in(ada).get("/staff/").content.decode()
    assert "/staff/auth/" not in page


def test_administration_gives_and_takes_roles(ada, sam):
    client = staff_log_in(ada)
    rights_of(client, sam, groups=[group_of(ADMINISTRATION).pk])
    assert role_of(User.objects.get(pk=sam.pk)) == ADMINISTRATION
    rights_of(client, sam, is_staff="")
    assert not User.objects.get(pk=sam.pk).is_staff


def test_nobody_changes_their_own_rights(ada):
    rights_of(staff_log_in(ada), ada, is_staff="", groups=[])
    ada = User.objects.get(pk=ada.pk)
    assert (ada.is_staff, role_of(ada)) == (True, ADMINISTRATION)
    assert not AuditEvent.objects.filter(kind="staff.changed").exists()


def test_a_superuser_is_out_of_reach_and_never_made_in_the_staff_area(ada, sam):
    User.objects.filter(pk=sam.pk).update(is_superuser=True)
    client = staff_log_in(ada)
    page = client.get(f"/staff/accounts/user/{sam.pk}/change/").content.decode()
    assert 'name="is_superuser"' not in page
    assert 'name="is_staff"' not in page
    rights_of(client, sam, is_staff="", groups=[])
    sam = User.objects.get(pk=sam.pk)
    assert (sam.is_staff, sam.is_superuser) == (True, True)


def test_a_superuser_of_the_command_line_gets_everywhere(sam, alice):
    """The way in when everything else is lost; it acts as administration, and what it looks at is recorded."""
    call_command("create_staff", sam.email, "--superuser", stdout=StringIO())
    sam = User.objects.get(pk=sam.pk)
    assert (sam.is_superuser, role_of(sam)) == (True, ADMINISTRATION)
    client = staff_log_in(sam)
    assert client.get(f"/staff/accounts/user/{alice.pk}/change/").status_code == 200
    assert client.get("/staff/purchases/webhookevent/").status_code == 200
    assert AuditEvent.objects.get(kind="record.opened").detail["role"] == ADMINISTRATION


def test_demoted_staff_see_nothing_at_the_next_request(ada, sam, alice):
    sams = open_record(staff_log_in(sam), alice)
    rights_of(staff_log_in(ada), sam, groups=[])
    assert sams.get(f"/staff/accounts/user/{alice.pk}/change/").status_code == 404
    assert sams.get("/staff/accounts/user/").status_code == 403
    assert sams.get("/staff/customers/find/").status_code == 403
    assert "Alice" not in sams.get("/staff/").content.decode()
    sam.groups.add(group_of(SUPPORT))
    assert sams.get(f"/staff/accounts/user/{alice.pk}/change/").status_code == 404, "what was open does not come back with the role"


def test_who_leaves_is_out_at_the_next_request(ada, sam, alice):
    sams = open_record(staff_log_in(sam), alice)
    rights_of(staff_log_in(ada), sam, is_staff="")
    assert sams.get("/staff/").status_code == 302
    assert not RecordOpening.objects.in_force(timezone.now()).filter(staff=sam).exists()


def test_support_sees_no_rights_and_no_staff(sam, ada, alice):
    client = open_record(staff_log_in(sam), alice)
    page = client.get(f"/staff/accounts/user/{alice.pk}/change/").content.decode()
    assert "Superuser status" not in words_of(page)
    assert client.get(f"/staff/accounts/user/{ada.pk}/change/").status_code == 404
    RecordOpening.objects.update(customer=ada)
    assert client.get(f"/staff/accounts/user/{ada.pk}/change/").status_code == 404, "even with an opening, as if she was a customer once"


def test_the_command_line_gives_roles(db):
    out = StringIO()
    call_command("create_staff", "ada@vendor.example", "--role", "administration", stdout=out)
    ada = User.objects.get(email="ada@vendor.example")
    assert (ada.is_staff, ada.is_superuser, role_of(ada)) == (True, False, ADMINISTRATION)
    assert "is staff (administration)" in out.getvalue()
    call_command("create_staff", "ada@vendor.example", "--name", "Ada", stdout=out)
    assert role_of(ada) == ADMINISTRATION, "and without --role it stays"


def test_the_last_administrator_stays(ada):
    with pytest.raises(CommandError, match="the last administrator"):
        call_command("create_staff", ada.email, "--role", "support", stdout=StringIO())
    assert role_of(ada) == ADMINISTRATION
    cast.make_staff("eve@vendor.example", ADMINISTRATION)
    call_command("create_staff", ada.email, "--role", "support", stdout=StringIO())
    assert role_of(ada) == SUPPORT


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_dismiss_each_other_at_once_leave_one():
    ada, eve = cast.make_staff("ada@vendor.example", ADMINISTRATION), cast.make_staff("eve@vendor.example", ADMINISTRATION)
    clients = {ada: staff_log_in(ada), eve: staff_log_in(eve)}

    def dismiss(pair: tuple[User, User]) -> int:
        return rights_of(clients[pair[0]], pair[1], is_staff="", groups=[]).status_code

    answers = sorted(at_once(dismiss, [(ada, eve), (eve, ada)]))
    assert User.objects.filter(is_staff=True).count() == 1, answers
    assert AuditEvent.objects.filter(kind="staff.changed").count() == 1
