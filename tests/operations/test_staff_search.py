"""One box at the top of every page of the staff area: a customer, an order, a code, a case, by what names it exactly."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.row_search import row_searches
from audit.models import AuditEvent
from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from promotions.code_format import digest_of
from promotions.models import PromoCode
from rights.models import SubjectRequest
from tests.pages import words_of
from tests.staff import find, open_record, staff_log_in
from tests.staff_rows import make_rows
from tests.support.cases import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(alice, bob, alices, bobs, notebook_file):
    for user, owned in ((alice, alices), (bob, bobs)):
        make_rows(user, owned, notebook_file)
    PromoCode.objects.update(digest=digest_of("WE1C0ME26"))


def groups_on(page: str) -> dict[str, list[tuple[str, str]]]:
    """What was found, by its heading: address and words."""
    sections = re.findall(r'<h2 id="found-\w+">(.*?)</h2>\s*<ul class="hits">(.*?)</ul>', page, re.S)
    return {
        title: [(address, words_of(words)) for address, words in re.findall(r'<a href="([^"]+)">(.*?)</a>', found)]
        for title, found in sections
    }


def test_the_box_is_on_every_page_and_posts(ada, sam, alice):
    for staff in (ada, sam):
        client = staff_log_in(staff)
        for path in (
            "/staff/",
            "/staff/home/",
            "/staff/desk/",
            "/staff/downloads/product/",
            "/staff/customers/find/",
            "/staff/promotions-live/",
        ):
            form = client.get(path).content.decode().split('id="find-form"')[1].split("</form>")[0]
            assert 'method="post"' in form
            assert 'action="/staff/customers/find/"' in form
            assert 'name="typed"' in form


def test_nobody_who_is_not_in_yet_sees_the_box(client):
    assert "find-form" not in client.get("/staff/login/").content.decode()


@pytest.mark.parametrize("typed", ["{order}", " {order} ", "#{order}", "# {order}", "{small}", "#{small}"])
def test_an_order_leads_to_its_purchase_and_its_notification(ada, alice, rows, typed):
    page = find(staff_log_in(ada), typed.format(order=f"ORDER-{alice.pk}", small=f"order-{alice.pk}"))
    assert page.count("Open the record") == 1
    found = groups_on(page)
    assert list(found) == ["Purchases", "Partners&#x27; notifications"]
    assert all(len(one) == 1 for one in found.values())
    client = staff_log_in(ada)
    for group in found.values():
        assert client.get(group[0][0]).status_code == 200


def test_an_unlock_code_as_it_is_read_out(ada, alice, rows):
    code = UnlockCode.objects.get(entitlement__user=alice)
    page = find(staff_log_in(ada), code.code.lower().replace("-", "  "))
    assert groups_on(page) == {"Unlock codes": [(f"/staff/downloads/unlockcode/{code.pk}/change/", "Notebook: good")]}
    assert page.count("Open the record") == 1


def test_a_case_a_mail_a_code_and_a_request(ada, alice, rows):
    client = staff_log_in(ada)
    case = make_case()
    for typed in (case.reference, case.reference.lower(), case.reference.replace("-", " ")):
        assert [address for address, _words in groups_on(find(client, typed))["Cases"]] == [f"/staff/desk/{case.reference}/"]
    mail = OutgoingMail.objects.filter(user=alice).first()
    for typed in (mail.message_id, mail.message_id.strip("<>"), f" {mail.message_id}"):
        ((address, words),) = groups_on(find(client, typed))["Mails we sent"]
        assert address == f"/staff/mailroom/outgoingmail/{mail.pk}/change/"
        assert alice.email not in words
    ((address, _words),) = groups_on(find(client, "we1come-26"))["Promotional codes"]
    assert address == f"/staff/promotions/promocode/{PromoCode.objects.get().pk}/change/"
    request = SubjectRequest.objects.filter(user=alice).first()
    ((address, _words),) = groups_on(find(client, request.number))["Requests about personal data"]
    assert address == f"/staff/rights/subjectrequest/{request.pk}/change/"


def test_to_support_nobody_is_there_whose_record_is_not_open(sam, alice, bob, rows):
    client = staff_log_in(sam)
    code = UnlockCode.objects.get(entitlement__user=alice).code
    mail = OutgoingMail.objects.filter(user=alice).first().message_id
    for typed in (f"ORDER-{alice.pk}", code, mail, "WELCOME26", SubjectRequest.objects.filter(user=alice).first().number):
        assert groups_on(find(client, typed)) == {}
    open_record(client, alice)
    assert list(groups_on(find(client, f"ORDER-{alice.pk}"))) == ["Purchases"]
    assert list(groups_on(find(client, code))) == ["Unlock codes"]
    assert list(groups_on(find(client, mail))) == ["Mails we sent"]
    assert groups_on(find(client, f"ORDER-{bob.pk}")) == {}
    assert groups_on(find(client, "WELCOME26")) == {}
    case = make_case()
    assert list(groups_on(find(client, case.reference))) == ["Cases"]


def test_each_search_is_recorded_without_what_was_typed(ada, alice, rows):
    order = f"ORDER-{alice.pk}"
    find(staff_log_in(ada), order)
    event = AuditEvent.objects.get(kind="customer.sought")
    assert event.detail == {"role": "Administration", "by": ["notification", "order", "purchase"], "found": 1}
    assert order not in str(event.detail)


def test_what_nobody_knows_is_answered_kindly_with_what_can_be_searched(ada, sam):
    page = words_of(find(staff_log_in(ada), "no-such-thing"))
    assert "Nobody. Please check the spelling" in page
    said = page.partition("One of these, exactly:")[2].partition("Or the whole name")[0]
    for thing in ("e-mail address", "unlock code", "order reference", "promotional code", "number of a case", "Message-ID"):
        assert said.count(thing) == 1, said
    assert "promotional code" not in words_of(staff_log_in(sam).get("/staff/customers/find/").content.decode()).split("Each search")[0]


@pytest.mark.parametrize("typed", ["#", "<>", "<@>", "@", "-" * 254, "####", "WELCOME26" * 20, "%", "''", "\u0660" * 12, "a@b <c@d>"])
def test_odd_input_finds_nothing_and_breaks_nothing(ada, alice, rows, typed):
    assert groups_on(find(staff_log_in(ada), typed)) == {}


def test_it_costs_the_same_however_much_there_is(ada, alice, rows, alices, notebook_file):
    client = staff_log_in(ada)
    code = UnlockCode.objects.get(entitlement__user=alice).code
    costs = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as captured:
            for typed in (code, f"ORDER-{alice.pk}", "x@example.com"):
                find(client, typed)
        costs.append(len(captured))
        make_rows_of_others(alices, notebook_file)
    assert costs[0] == costs[1]
    with CaptureQueriesContext(connection) as captured:
        find(client, code)
    assert len(captured) <= 17


def make_rows_of_others(owned, file):
    for number in range(20):
        OutgoingMail.objects.create(cause=f"c{number} {OutgoingMail.objects.count()}", to="x@example.com", subject="s", user=owned.user)
        make_case()


@pytest.mark.postgresql
def test_every_search_uses_an_index(ada, alice, rows):
    """With sequential scans forbidden as far as can be, none is left: each look-up has an index to go by."""
    case, mail = make_case(), OutgoingMail.objects.filter(user=alice).first()
    typed = {
        "purchase": "ORDER-1",
        "notification": "ORDER-1",
        "unlock_code": UnlockCode.objects.first().code,
        "case": case.reference,
        "promo_code": "WELCOME26",
        "request": SubjectRequest.objects.first().number,
        "mail": mail.message_id,
    }
    assert {search.by for search in row_searches} == set(typed)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for search in row_searches:
        rows = search.find(typed[search.by])
        assert rows is not None
        plan = rows[:6].explain()
        assert "Seq Scan" not in plan, (search.by, plan)
        assert "Filter: ((order_reference" not in plan, (search.by, plan)
