"""Whose rows staff see: for every model there is and will be, and on every way around."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts import openings
from accounts.contact import Contact
from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from privacy import reach
from privacy.registry import FoundBy, registry
from privacy.staff import StaffAdmin
from tests import cast
from tests.staff import REASON, open_record, request_of, staff_log_in
from tests.staff_rows import make_rows

pytestmark = pytest.mark.django_db


def test_of_every_model_support_sees_the_opened_customers_rows_alone(sam, ada, alice, bob, alices, bobs, notebook_file):
    make_rows(alice, alices, notebook_file), make_rows(bob, bobs, notebook_file)
    OutgoingMail.objects.create(cause="nobody", to="x@example.net", subject="To nobody's account")
    closed = {model: set(shows.get_queryset(request_of(sam))) for model, shows in admin.site._registry.items()}
    open_record(staff_log_in(sam), alice)
    for model, shows in admin.site._registry.items():
        every, seen = set(model._default_manager.all()), set(shows.get_queryset(request_of(sam)))
        if registry.models[model._meta.label].subject is None:
            assert seen == closed[model] == every
            continue
        hers = {row for row in every if reach.person_of(row) == alice}
        assert seen == hers, model
        assert not closed[model]
        assert len(every) > len(hers)
        assert hers or isinstance(registry.models[model._meta.label].subject, FoundBy)
        assert set(shows.get_queryset(request_of(ada))) == every


def test_a_request_that_nobody_prepared_sees_nobody(ada, alice, alices, notebook_file):
    make_rows(alice, alices, notebook_file)
    request = RequestFactory().get("/staff/")
    request.user = ada
    for model, shows in admin.site._registry.items():
        if reach.is_about_people(model):
            assert not shows.get_queryset(request).exists(), model


def test_every_filter_by_person_begins_at_an_index():
    """The column of the row by which its person is found leads an index, so that no list reads a whole table."""
    for model in admin.site._registry:
        path = reach.rows_of_one(model)
        if not path:
            continue
        here = model
        for name in path.removesuffix("__id__exact").split("__"):
            field = here._meta.get_field(name)
            leading = [index.fields[0].lstrip("-") for index in here._meta.indexes if index.fields and index.condition is None]
            leading += [
                next(iter(unique.fields)) for unique in here._meta.constraints if getattr(unique, "fields", ()) and not unique.condition
            ]
            assert field.db_index or field.unique or name in leading, (here, name)
            here = field.related_model


def test_every_list_costs_the_same_however_much_is_open(sam, ada, alice, alices, notebook, notebook_file):
    make_rows(alice, alices, notebook_file)
    clients = [open_record(staff_log_in(sam), alice), staff_log_in(ada)]

    def costs() -> dict[tuple[int, str], int]:
        found = {}
        for number, client in enumerate(clients):
            for model in admin.site._registry:
                with CaptureQueriesContext(connection) as queries:
                    client.get(f"/staff/{model._meta.app_label}/{model._meta.model_name}/")
                found[number, model.__name__] = len(queries)
        return found

    before = costs()
    for number in range(6):
        owned = cast.buy(Contact(f"jo{number}@example.net", name="Jo Smith"), notebook, order=f"J-{number}").entitlements[0]
        make_rows(owned.user, owned, notebook_file)
        assert openings.open_record(request_of(sam), owned.user, REASON)
    assert costs() == before
    assert max(before.values()) <= 12


# Ways around


@pytest.mark.parametrize(
    "query",
    [
        {"q": "bob"},
        {"q": "B-1"},
        {"email__startswith": "b"},
        {"id__in": "1,2,3,4,5,6"},
        {"o": "-1"},
        {"all": ""},
        {"_facets": "True"},
        {"p": "2"},
    ],
)
def test_lists_search_and_filter_within_reach(sams, query):
    page = sams.get("/staff/accounts/user/", query, follow=True).content.decode()
    assert "bob@example.org" not in page
    assert "Baker" not in page


def test_search_finds_what_is_open(sams, alice):
    assert "Alice Archer" in sams.get("/staff/accounts/user/", {"q": "archer"}).content.decode()
    assert "NTE-" in sams.get("/staff/downloads/unlockcode/", {"q": "alice@example.com"}).content.decode()


@pytest.mark.parametrize(
    "lookup", ["entitlements", "entitlements__user", "entitlements__user__email_key__startswith", "entitlements__isnull"]
)
def test_nobody_asks_by_peoples_rows_about_what_is_no_persons(sams, ada, bobs, mailer, lookup):
    """The list of products would tell what Bob bought."""
    asked = {lookup: {"entitlements": bobs.pk, "entitlements__isnull": "0"}.get(lookup, bobs.user_id)}
    for client in (sams, staff_log_in(ada)):
        assert client.get("/staff/downloads/product/", asked).status_code == 400


def test_actions_reach_no_others_rows(sams, bob):
    mail = OutgoingMail.objects.filter(user=bob).first()
    OutgoingMail.objects.update(state="failed")
    sams.post("/staff/mailroom/outgoingmail/", {"action": "send_again", "_selected_action": [mail.pk]})
    mail.refresh_from_db()
    assert mail.state == "failed"
    sams.post("/staff/mailroom/outgoingmail/", {"action": "send_again", "_selected_action": [mail.pk], "select_across": "1"})
    mail.refresh_from_db()
    assert mail.state == "failed"


def test_a_change_of_anothers_row_is_not_found(sams, bobs):
    form = {"more": "5", "reason": "a friend of mine"}
    assert sams.post(f"/staff/downloads/entitlement/{bobs.pk}/change/", form).status_code == 404
    bobs.refresh_from_db()
    assert bobs.downloads_allowed == 5


def test_a_deletion_names_nobody_out_of_reach(sam, alices, notebook):
    """If support is ever given the right to delete something of the catalogue."""
    request = request_of(sam)
    request.user.is_superuser = True  # all rights, but a reach of nobody
    request.reach = reach.NOBODY
    deleted, _counts, _lacking, protected = admin.site._registry[type(notebook)].get_deleted_objects([notebook], request)
    assert "Notebook × 1" not in str([deleted, protected])
    assert protected == ["rows that hold on to it"]


def test_a_form_offers_the_rows_within_reach_alone(sam, ada, alice, alices, bobs):
    """For a form that lets staff choose a row about people, as soon as there is one."""
    field = UnlockCode._meta.get_field("entitlement")
    open_record(staff_log_in(sam), alice)
    for staff, offered in ((sam, {alices}), (ada, {alices, bobs})):
        choice = StaffAdmin(UnlockCode, admin.site).formfield_for_foreignkey(field, request_of(staff))
        assert set(choice.queryset) == offered


def test_recent_actions_name_nobody(sams, alices):
    sams.post(f"/staff/downloads/entitlement/{alices.pk}/change/", {"more": "1", "reason": "the line broke"})
    page = sams.get("/staff/").content.decode().partition("recent-actions-module")[2]
    assert f"entitlement {alices.pk}" in page
    assert "Alice" not in page
