"""A customer's record opens with a reason, for an hour, and everything that staff see and change leads back to it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection, connections
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import openings
from accounts.contact import Contact
from accounts.models import LoginSession, RecordOpening, User
from accounts.reach import StaffReach
from audit.models import AuditEvent
from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from privacy import reach
from privacy.registry import FoundBy, registry
from privacy.staff import StaffAdmin
from tests import cast
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import open_record, reason_page, staff_log_in
from tests.staff_rows import make_rows

pytestmark = pytest.mark.django_db
REASON = "case 4711: a broken download"


def page_of(user: User) -> str:
    return f"/staff/accounts/user/{user.pk}/change/"


def opened(**of: object) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind="record.opened", **of).order_by("pk"))


def pass_time(**time: int) -> None:
    """So much time passes for what is open."""
    for opening in RecordOpening.objects.all():
        RecordOpening.objects.filter(pk=opening.pk).update(open_until=opening.open_until - timedelta(**time))


def test_a_reason_opens_the_record_and_the_customer_is_told_of_it(sam, alice):
    client = staff_log_in(sam)
    refused = client.get(page_of(alice))
    assert refused.status_code == 404
    assert 'href="/staff/customers/find/"' in refused.content.decode(), "the page says where to begin"
    open_record(client, alice, REASON)
    assert "Alice Archer" in client.get(page_of(alice)).content.decode()
    (event,) = opened()
    assert (event.user, event.actor, event.detail, event.ip) == (alice, sam, {"role": "Support", "reason": REASON}, "127.0.0.1")
    opening = RecordOpening.objects.get()
    assert opening.open_until - opening.opened_at == timedelta(hours=1)


@pytest.mark.parametrize(
    "reason", ["", "case 17", " " * 20, "x" * 201, "a" + " " * 10 + "b", "line one\x07 rings", "\u202eesrever si siht"]
)
def test_what_is_no_reason_opens_nothing(sam, alice, reason):
    client = staff_log_in(sam)
    address = reason_page(client, alice)
    page = client.post(address, {"reason": reason})
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.content.decode()
    assert client.get(page_of(alice)).status_code == 404
    assert not opened()
    assert not RecordOpening.objects.exists()


def test_the_reason_page_says_who_reads_the_sentence_and_shows_no_more_than_a_mask(sam, alice):
    client = staff_log_in(sam)
    words = words_of(client.get(reason_page(client, alice)).content.decode())
    assert "The customer sees this sentence" in words
    assert "A…@e….com" in words
    for hidden in (alice.email, "Alice", "Archer", alice.telephone, alice.address1):
        assert hidden not in words


def test_the_reason_page_belongs_to_whom_found_the_customer(sam, ada, alice, bob):
    found = reason_page(staff_log_in(sam), alice)
    assert staff_log_in(ada).get(found).status_code == 404
    client = staff_log_in(sam)
    for made_up in (found[:-8] + "x/open/", f"/staff/customers/{bob.pk}/open/", "/staff/customers/é%00:x:y/open/"):
        assert client.get(made_up).status_code in (400, 404)
        assert client.post(made_up, {"reason": REASON}).status_code in (400, 404)
    assert not RecordOpening.objects.exists()


def test_the_link_to_the_reason_page_lapses(sam, alice, monkeypatch):
    client = staff_log_in(sam)
    address = reason_page(client, alice)
    monkeypatch.setattr(RecordOpening, "LIFE", timedelta(seconds=-1))
    assert client.get(address).status_code == 404


def test_an_hour_later_it_is_shut(sam, alice):
    client = open_record(staff_log_in(sam), alice)
    pass_time(minutes=59)
    assert client.get(page_of(alice)).status_code == 200
    pass_time(minutes=1)
    assert client.get(page_of(alice)).status_code == 404
    assert "Alice" not in client.get("/staff/accounts/user/").content.decode()


def test_closing_it_shuts_it_at_once(sam, alice):
    client = open_record(staff_log_in(sam), alice)
    close = f"/staff/customers/{alice.pk}/close/"
    assert f'action="{close}"' in client.get(page_of(alice)).content.decode()
    assert client.post(close)["Location"] == "/staff/customers/find/"
    assert client.get(page_of(alice)).status_code == 404
    assert client.post(close).status_code == 404, "there is nothing left to close"


def test_nobody_closes_what_another_opened(sam, ada, alice):
    open_record(staff_log_in(sam), alice)
    assert staff_log_in(ada).post(f"/staff/customers/{alice.pk}/close/").status_code == 404
    assert RecordOpening.objects.in_force(timezone.now()).exists()


def test_the_same_reason_again_tells_the_customer_once_and_another_one_tells_again(sam, alice):
    client = staff_log_in(sam)
    for reason in (REASON, REASON, "case 4712: a refund"):
        open_record(client, alice, reason)
    assert [event.detail["reason"] for event in opened()] == [REASON, "case 4712: a refund"]
    client.post(f"/staff/customers/{alice.pk}/close/")
    open_record(client, alice, "case 4712: a refund")
    assert len(opened()) == 3, "after closing it is another opening"
    assert RecordOpening.objects.count() == 1


def test_every_page_says_what_is_open_for_what_and_until_when(sam, alice):
    client = open_record(staff_log_in(sam), alice)
    for path in (page_of(alice), "/staff/", "/staff/downloads/entitlement/", f"/staff/accounts/user/{alice.pk}/history/"):
        words = words_of(client.get(path).content.decode())
        assert "The record of Alice@example.com is open to you until" in words, path
        assert REASON in words
        assert "Close it now" in words
    client.post(f"/staff/customers/{alice.pk}/close/")
    assert "No customer's record is open to you" in words_of(client.get("/staff/downloads/entitlement/").content.decode())


def test_a_customers_page_leads_to_their_rows_and_to_no_others(sam, ada, alice, bob, alices, bobs, notebook_file):
    make_rows(alice, alices, notebook_file), make_rows(bob, bobs, notebook_file)
    client = open_record(open_record(staff_log_in(sam), alice), bob)
    page = client.get(page_of(alice)).content.decode()
    links = page.partition('class="rows-of"')[2].partition("</nav>")[0]
    for model in ("purchases/purchase", "downloads/entitlement", "downloads/unlockcode", "downloads/downloadsession", "audit/auditevent"):
        assert f"/staff/{model}/?" in links
    for model in ("accounts/loginsession", "accounts/hold", "mailroom/outgoingmail"):
        assert f'href="/staff/{model}/?user__id__exact={alice.pk}"' in links
    assert "misusefinding" not in links, "which support does not see"
    assert "misusefinding" in staff_log_in(ada).get(page_of(alice)).content.decode()
    owned = client.get("/staff/downloads/unlockcode/", {"entitlement__user__id__exact": alice.pk}).content.decode()
    assert "NTE-" in owned
    assert "MAR-" not in owned
    assert "e=1" not in client.get("/staff/downloads/unlockcode/", {"entitlement__user__id__exact": alice.pk}).request["QUERY_STRING"]


# What a request may see, for every model there is and will be


def request_of(user: User):
    request = RequestFactory().get("/staff/")
    request.user = User.objects.get(pk=user.pk)
    request.reach = StaffReach(request)
    return request


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


@pytest.fixture
def sams(sam, alice, bob) -> object:
    """Sam's browser, in which Alice's record is open and Bob's is not."""
    return open_record(staff_log_in(sam), alice)


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


# What administration looks at


def test_what_administration_looks_at_is_recorded_once_an_hour(ada, alice, alices):
    client = staff_log_in(ada)
    for path in (
        page_of(alice),
        page_of(alice),
        f"/staff/downloads/entitlement/{alices.pk}/change/",
        f"/staff/accounts/user/{alice.pk}/history/",
    ):
        assert client.get(path).status_code == 200
    (event,) = opened()
    why = "monitoring and administration of the site"
    assert (event.user, event.actor, event.detail) == (alice, ada, {"role": "Administration", "reason": why})
    assert "The record of Alice@example.com is open to you" in words_of(client.get(page_of(alice)).content.decode())
    pass_time(hours=1)
    client.get(page_of(alice))
    assert len(opened()) == 2


def test_a_list_of_one_customers_rows_is_a_look_at_them_and_a_list_of_all_is_none(ada, alice, bob):
    client = staff_log_in(ada)
    client.get("/staff/accounts/user/")
    client.get("/staff/downloads/entitlement/")
    assert not opened()
    client.get("/staff/downloads/entitlement/", {"user__id__exact": bob.pk})
    client.get("/staff/downloads/unlockcode/", {"entitlement__user__id__exact": alice.pk})
    assert [event.user for event in opened()] == [bob, alice]


@pytest.mark.parametrize("number", ["999999", "nonsense", "", "9" * 40, "-1"])
def test_a_list_of_nobodys_rows_is_no_error(ada, number):
    assert staff_log_in(ada).get("/staff/downloads/entitlement/", {"user__id__exact": number}).status_code in (200, 302)
    assert not opened()


def test_administration_may_state_a_reason_of_its_own(ada, alice):
    client = staff_log_in(ada)
    client.get(page_of(alice))
    open_record(client, alice, "a question of the customer")
    client.get(page_of(alice))
    assert [event.detail["reason"] for event in opened()][1:] == ["a question of the customer"]


def test_nobody_is_told_of_a_look_at_their_own_row(ada):
    staff_log_in(ada).get(page_of(ada))
    assert not opened()


# What staff change


def changed() -> AuditEvent:
    return AuditEvent.objects.get(kind="record.changed")


def test_every_change_is_recorded_with_role_fields_and_reason(sams, sam, alice, alices):
    sams.post(f"/staff/downloads/entitlement/{alices.pk}/change/", {"more": "2", "reason": "the line broke off"})
    told = {"role": "Support", "model": "downloads.Entitlement", "fields": ["Add downloads", "Reason"], "reason": REASON}
    assert (changed().user, changed().actor, changed().detail) == (alice, sam, told)
    assert AuditEvent.objects.get(kind="entitlement.changed").detail["role"] == "Support"


def test_a_change_by_administration_too(ada, alice):
    form = {"name": "Alice Archer-Smith", "city": alice.city}
    staff_log_in(ada).post(page_of(alice), form)
    detail = changed().detail
    assert (detail["role"], detail["model"]) == ("Administration", "accounts.User")
    assert "Name" in detail["fields"]
    assert "City" not in detail["fields"]
    assert "Archer-Smith" not in str(detail)


def test_an_action_on_customers_rows_is_recorded_for_each(sams, ada, alice, bob):
    OutgoingMail.objects.update(state="failed", text="hello")
    sams.post("/staff/mailroom/outgoingmail/", {"action": "send_again", "_selected_action": [OutgoingMail.objects.get(user=alice).pk]})
    assert (changed().user, changed().detail["model"], changed().detail["reason"]) == (alice, "mailroom.OutgoingMail", REASON)
    log_in(alice), log_in(bob)
    chosen = [session.pk for session in LoginSession.objects.filter(area="resources")]
    staff_log_in(ada).post("/staff/accounts/loginsession/", {"action": "end_sessions", "_selected_action": chosen})
    ended = AuditEvent.objects.filter(kind="login.ended", actor=ada)
    assert {(event.user, event.detail["role"]) for event in ended} == {(alice, "Administration"), (bob, "Administration")}


def test_support_does_not_end_log_ins(sams, alice):
    log_in(alice)
    session = LoginSession.objects.get(user=alice)
    sams.post("/staff/accounts/loginsession/", {"action": "end_sessions", "_selected_action": [session.pk]})
    session.refresh_from_db()
    assert session.ended_at is None


def test_a_change_that_fails_is_not_recorded(sams, alices, monkeypatch):
    def broken(*args: object, **facts: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("downloads.admin.record", broken)
    sams.raise_request_exception = False
    assert sams.post(f"/staff/downloads/entitlement/{alices.pk}/change/", {"more": "2", "reason": "the line broke"}).status_code == 500
    alices.refresh_from_db()
    assert (alices.downloads_allowed, AuditEvent.objects.filter(kind="record.changed").count()) == (5, 0)


def test_an_action_that_fails_half_way_has_done_nothing(sams, alice, monkeypatch):
    OutgoingMail.objects.filter(user=alice).update(state="failed", text="hello")

    def broken(*args: object, **facts: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.reach.record", broken)
    sams.raise_request_exception = False
    mail = OutgoingMail.objects.filter(user=alice).first()
    assert sams.post("/staff/mailroom/outgoingmail/", {"action": "send_again", "_selected_action": [mail.pk]}).status_code == 500
    mail.refresh_from_db()
    assert mail.state == "failed"


# At once


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("person", ["sam", "ada"])
def test_a_record_opened_many_times_at_once_is_opened_once(request, person, alice):
    staff = request.getfixturevalue(person)
    client = staff_log_in(staff)
    address = reason_page(client, alice)

    def open_it(number: int) -> int:
        browser = type(client)()
        browser.cookies = client.cookies
        try:
            if person == "sam":
                return browser.post(address, {"reason": REASON}).status_code
            return browser.get(page_of(alice)).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(open_it, range(8))) == {302 if person == "sam" else 200}
    assert len(opened()) == 1
    assert RecordOpening.objects.count() == 1


def test_openings_that_are_over_are_none(sam, alice):
    request = request_of(sam)
    assert openings.open_record(request, alice, REASON)
    assert not openings.open_record(request, alice, REASON)
    assert openings.close_record(sam, alice.pk)
    assert openings.openings_of(sam) == []
