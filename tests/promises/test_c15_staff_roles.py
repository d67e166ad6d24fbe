"""C15: administration may monitor use and administer privacy and security; support may use data for the support task at hand only."""

import re
from pathlib import Path

import pytest
from django.contrib import admin

from accounts.roles import ADMINISTRATION, PERMISSIONS, SUPPORT, permissions_of
from audit.models import AuditEvent
from privacy.reach import is_about_people
from tests.pages import staff_addresses
from tests.staff import open_record, staff_log_in
from tests.staff_rows import make_rows

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "roles.md").read_text()


@pytest.fixture
def both(alice, bob, alices, bobs, notebook_file) -> None:
    make_rows(alice, alices, notebook_file)
    make_rows(bob, bobs, notebook_file)


def everything_shown_to(client) -> str:
    """All that a walk through the staff area shows: every list, and every page of the first row of each kind."""
    return " ".join(client.get(path).content.decode() for path in staff_addresses())


def test_c15_support_sees_no_customer_without_a_reason(both, sam, alice, bob):
    shown = everything_shown_to(staff_log_in(sam))
    for person in (alice, bob):
        for fact in (person.email, person.name, f"ORDER-{person.pk}"):
            assert fact not in shown


def test_c15_with_a_reason_support_sees_that_customer_and_no_other(both, sam, alice, bob):
    shown = everything_shown_to(open_record(staff_log_in(sam), alice))
    assert alice.email in shown
    assert f"ORDER-{alice.pk}" in shown
    for fact in (bob.email, bob.name, f"ORDER-{bob.pk}"):
        assert fact not in shown


def test_c15_the_customer_can_be_told_when_by_which_role_and_what_for(both, sam, ada, alice):
    open_record(staff_log_in(sam), alice, "case 4711: a broken download")
    staff_log_in(ada).get(f"/staff/accounts/user/{alice.pk}/change/")
    told = AuditEvent.objects.filter(kind="record.opened", user=alice).order_by("pk")
    assert [(event.detail["role"], event.detail["reason"]) for event in told] == [
        ("Support", "case 4711: a broken download"),
        ("Administration", "monitoring and administration of the site"),
    ]
    assert all(event.at for event in told)


def test_c15_administration_monitors_use_and_administers_privacy_and_security(both, ada):
    client = staff_log_in(ada)
    for list_of in ("audit/auditevent", "accounts/misusefinding", "accounts/hold", "purchases/webhookevent", "otp_totp/totpdevice"):
        page = client.get(f"/staff/{list_of}/")
        assert page.status_code == 200
        assert 'id="result_list"' in page.content.decode(), f"{list_of} shows rows"


def test_c15_support_has_nothing_that_administers():
    support = {codename for _app, codename in permissions_of(SUPPORT)}
    assert not [codename for codename in support if codename.startswith("delete")]
    assert not support & {"monitor_user", "appoint_user", "change_user", "view_misusefinding", "view_webhookevent", "change_hold"}
    assert support < {codename for _app, codename in permissions_of(ADMINISTRATION)}


# docs/roles.md says what the code does


def documented() -> dict[str, tuple[str, str, str]]:
    """The rows of the table: what Support may without a reason, with one, and what Administration may, by the model's label."""
    rows = re.findall(r"^\| [^|]+ \(`([\w.]+)`\) \| [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    return {label: (closed.strip(), opened.strip(), administration.strip()) for label, closed, opened, administration in rows}


def said(rights: str) -> str:
    return ", ".join(rights.split()) or "–"


def test_c15_the_table_of_who_may_do_what_is_the_one_that_is_enforced():
    about_people = {model._meta.label_lower: is_about_people(model) for model in admin.site._registry}
    enforced = {}
    for label, (administration, support) in PERMISSIONS.items():
        if label in about_people:
            without = "–" if about_people[label] else said(support)
            enforced[label] = (without, said(support), said(administration))
    assert documented() == enforced
