"""Contact data, edited by the customer; and what happens when somebody else edits it at the same time (promise C11)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.contact import CONTACT_FIELDS, Contact
from accounts.models import User
from audit.models import AuditEvent
from downloads.fulfilment import Line, Source, fulfil
from tests import cast
from tests.customer import log_in
from tests.pages import Tags, fields_on, words_of
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PAGE = "/resources/account/contact/"
FULL = {
    "name": "Zoë O’Brien-Łukasiewicz",
    "company": "山田商店",
    "address1": "Große Straße 1",
    "address2": "c/o Àlex",
    "city": "Åre",
    "region": "Jämtland",
    "postal_code": "837 52",
    "country": "Sverige",
    "telephone": "+46 647 555 01",
    "fax": "+46 647 555 02",
}


def data_of(user: User) -> dict[str, str]:
    return User.objects.filter(pk=user.pk).values(*CONTACT_FIELDS).get()


def test_the_form_shows_what_is_known_and_saves_what_is_changed(alice):
    client = log_in(alice)
    form = fields_on(client, PAGE)
    assert form["name"] == "Alice Archer"
    answer = client.post(PAGE, form | FULL)
    assert answer["Location"] == "/resources/account/"
    assert data_of(alice) == FULL
    page = words_of(client.get("/resources/account/").content.decode())
    assert "Your contact data is saved." in page
    for value in FULL.values():
        assert value in page


def test_everything_may_be_taken_away(alice):
    client = log_in(alice)
    client.post(PAGE, fields_on(client, PAGE) | dict.fromkeys(CONTACT_FIELDS, ""))
    assert set(data_of(alice).values()) == {""}
    assert "nothing but your e-mail address" in client.get("/resources/account/").content.decode()


def test_the_audit_log_has_the_names_of_the_fields_and_never_their_values(alice):
    client = log_in(alice)
    client.post(PAGE, fields_on(client, PAGE) | {"city": "Cork", "fax": "+353 21 555 99"}, REMOTE_ADDR="203.0.113.9")
    event = AuditEvent.objects.get(kind="contact.changed")
    assert (event.user, event.ip, event.detail) == (alice, "203.0.113.9", {"fields": ["city", "fax"]})


def test_saving_without_a_change_changes_nothing_and_notes_nothing(alice):
    client = log_in(alice)
    form = fields_on(client, PAGE) | {"city": "Cork"}
    for _press in range(2):
        assert client.post(PAGE, form)["Location"] == "/resources/account/"
    assert AuditEvent.objects.filter(kind="contact.changed").count() == 1


@pytest.mark.parametrize(
    "name",
    [
        "عائشة بنت محمد",  # from right to left
        "שרה כהן",
        "نرگس می‌خواهم",  # spelled with a zero-width non-joiner
        "Nguyễn Thị Minh",
        "Q",
        "O'Neil; DROP TABLE",
        "<b>bold</b>",
        "👩🏽 Ada",
        "x" * 200,
    ],
)
def test_names_of_the_world_are_welcome_and_stand_on_the_page_as_typed(alice, name):
    client = log_in(alice)
    assert client.post(PAGE, fields_on(client, PAGE) | {"name": name}).status_code == 302
    assert data_of(alice)["name"] == name
    page = client.get("/resources/account/").content.decode()
    assert name in words_of(page)
    assert "<b>bold" not in page
    assert fields_on(client, PAGE)["name"] == name


@pytest.mark.parametrize(
    "value",
    ["a\nb", "a\r\nBcc: x@example.com", "a\x00b", "a\x1b[31mb", "a\u202eb", "a\u2028b", "a\ufeffb", "x" * 10_000, "é" * 201],
    ids=["newline", "header", "NUL", "escape", "override", "separator", "mark", "huge", "too long"],
)
def test_what_is_no_line_is_refused_with_a_reason(alice, value):
    client = log_in(alice)
    before = data_of(alice)
    answer = client.post(PAGE, fields_on(client, PAGE) | {"company": value, "city": "Cork"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.count('class="errorlist"') == 1
    assert "Cork" in page, "what else was typed is kept"
    assert data_of(alice) == before


def test_nothing_but_contact_data_can_be_changed_here(alice):
    client = log_in(alice)
    form = fields_on(client, PAGE) | {
        "city": "Cork",
        "email": "x@example.com",
        "is_staff": "on",
        "password": "x",
        "user": "1",
        "id": "1",
        "version": "0",
    }
    before = User.objects.values().get(pk=alice.pk)
    assert client.post(PAGE, form).status_code == 302
    after = User.objects.values().get(pk=alice.pk)
    assert {name for name in before if before[name] != after[name]} == {"city", "version"}


def test_every_field_tells_the_browser_what_it_is(alice):
    tags = Tags(log_in(alice).get(PAGE).content.decode()).found
    told = {
        attributes["name"]: attributes.get("autocomplete")
        for tag, attributes in tags
        if tag == "input" and attributes["name"] in CONTACT_FIELDS
    }
    assert set(told) == set(CONTACT_FIELDS)
    assert told["postal_code"] == "postal-code"
    assert all(told.values())


def test_the_second_of_two_windows_sees_what_changed_and_decides(alice):
    client, other = log_in(alice), log_in(alice)
    first, second = fields_on(client, PAGE), fields_on(other, PAGE)
    assert client.post(PAGE, first | {"city": "Cork", "region": "Munster"}).status_code == 302
    answer = other.post(PAGE, second | {"city": "Dublin", "telephone": "+353 1 555 01"})
    page = answer.content.decode()
    assert "Nothing is saved yet" in page
    assert "says now: “Cork”" in words_of(page)
    assert page.count("was changed meanwhile") == 2, "city and region, and no other field"
    assert (data_of(alice)["city"], data_of(alice)["telephone"]) == ("Cork", "+353 91 555 012")
    form = Tags(page).fields()
    assert form["city"] == "Dublin", "what the person typed is kept"
    assert form["region"] == "Munster", "what they left as it was stands as it is now"
    assert form["telephone"] == "+353 1 555 01"
    assert other.post(PAGE, form)["Location"] == "/resources/account/"
    assert (data_of(alice)["city"], data_of(alice)["region"], data_of(alice)["telephone"]) == ("Dublin", "Munster", "+353 1 555 01")


def test_two_who_type_the_same_need_not_be_asked(alice):
    client = log_in(alice)
    form = fields_on(client, PAGE) | {"city": "Cork"}
    User.objects.filter(pk=alice.pk).update(city="Cork")
    assert client.post(PAGE, form).status_code == 302


def test_what_staff_corrected_meanwhile_is_seen(alice, ada):
    client = log_in(alice)
    form = fields_on(client, PAGE)
    staff = staff_log_in(ada)
    address = f"/staff/accounts/user/{alice.pk}/change/"
    answer = staff.post(address, fields_on(staff, address) | {"name": "Alice B. Archer"})
    assert answer.status_code == 302, answer.content.decode()
    page = client.post(PAGE, form | {"name": "Ally"}).content.decode()
    assert "says now: “Alice B. Archer”" in words_of(page)
    assert client.post(PAGE, Tags(page).fields()).status_code == 302
    assert data_of(alice)["name"] == "Ally"


def test_what_a_partner_filled_in_meanwhile_is_seen(alice, notebook):
    client = log_in(alice)
    form = fields_on(client, PAGE)
    contact = Contact(email=alice.email, name="Somebody Else", fax="+353 91 555 013")
    fulfil(contact, [Line(notebook, 1)], Source("purchase:test:A-2", "your order A-2"))
    page = client.post(PAGE, form | {"fax": "none"}).content.decode()
    assert "says now: “+353 91 555 013”" in words_of(page)
    assert data_of(alice)["name"] == "Alice Archer", "a partner fills in what is blank, and nothing else"


@pytest.mark.parametrize("seen", ["", "x", "." * 2000, "\x00", "0123456789abcdef." * 10, "é" * 10_000])
def test_a_form_without_its_marks_saves_nothing_unseen(alice, seen):
    client = log_in(alice)
    page = client.post(PAGE, fields_on(client, PAGE) | {"city": "Cork", "seen": seen}).content.decode()
    assert "says now: “Galway”" in words_of(page)
    assert data_of(alice)["city"] == "Galway"


def test_the_marks_of_another_account_are_none(alice, bob):
    foreign = fields_on(log_in(bob), PAGE)["seen"]
    client = log_in(alice)
    assert "Nothing is saved yet" in client.post(PAGE, fields_on(client, PAGE) | {"seen": foreign, "city": "Cork"}).content.decode()


def test_an_order_opens_the_account_with_all_contact_data_and_joins_it_where_it_is_blank(notebook):
    user, opened_now = User.objects.open_or_join(cast.ALICE)
    assert opened_now
    assert data_of(user) == {name: getattr(cast.ALICE, name) for name in CONTACT_FIELDS}
    user, opened_now = User.objects.open_or_join(Contact(email="alice@example.com", name="X", fax="1"))
    assert not opened_now
    assert (data_of(user)["name"], data_of(user)["fax"], user.fax) == ("Alice Archer", "1", "1")


def test_a_page_of_the_account_costs_few_queries(alice):
    client = log_in(alice)
    for path in ("/resources/account/", PAGE):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        # The browser's session, and the login session with its account; the overview says besides whether an erasure was asked for.
        assert len(captured) == (2 if path == PAGE else 3), [query["sql"] for query in captured]
    form = fields_on(client, PAGE) | {"city": "Cork"}
    with CaptureQueriesContext(connection) as captured:
        client.post(PAGE, form)
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) <= 9


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_at_once_one_does_and_the_others_are_told(alice):
    browsers = [log_in(alice) for _browser in range(6)]
    forms = [fields_on(browser, PAGE) | {"city": f"City {number}"} for number, browser in enumerate(browsers)]
    answers = at_once(lambda number: browsers[number].post(PAGE, forms[number]), range(6))
    saved = [number for number, answer in enumerate(answers) if answer.status_code == 302]
    assert len(saved) == 1
    assert data_of(alice)["city"] == f"City {saved[0]}"
    told = [words_of(answer.content.decode()) for answer in answers if answer.status_code == 200]
    assert len(told) == 5
    assert all(f"says now: “City {saved[0]}”" in page for page in told)
    assert AuditEvent.objects.filter(kind="contact.changed").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_a_customer_types_wins_over_what_a_partner_fills_in_at_that_moment(alice, notebook):
    """The order is worked on while the customer's change is made and not yet committed."""
    client = log_in(alice)
    form = fields_on(client, PAGE) | {"fax": "the customer's"}

    def partner() -> None:
        contact = Contact(email=alice.email, fax="the partner's")
        try:
            fulfil(contact, [Line(notebook, 1)], Source("purchase:test:F-1", "an order"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert client.post(PAGE, form).status_code == 302
            order = pool.submit(partner)
            wait_until_somebody_waits_for_a_lock()
        order.result(10)
    assert data_of(alice)["fax"] == "the customer's"


def wait_until_somebody_waits_for_a_lock() -> None:
    for _try in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waited")
