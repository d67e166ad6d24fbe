"""A customer's record opens with a reason, for an hour, and closes again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import openings
from accounts.models import RecordOpening
from tests.pages import words_of
from tests.staff import REASON, open_record, page_of, pass_time, reason_page, records_opened, request_of, staff_log_in
from tests.staff_rows import make_rows
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_a_reason_opens_the_record_and_the_customer_is_told_of_it(sam, alice):
    client = staff_log_in(sam)
    refused = client.get(page_of(alice))
    assert refused.status_code == 404
    assert 'href="/staff/customers/find/"' in refused.content.decode(), "the page says where to begin"
    open_record(client, alice, REASON)
    assert "Alice Archer" in client.get(page_of(alice)).content.decode()
    (event,) = records_opened()
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
    assert not records_opened()
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
    assert [event.detail["reason"] for event in records_opened()] == [REASON, "case 4712: a refund"]
    client.post(f"/staff/customers/{alice.pk}/close/")
    open_record(client, alice, "case 4712: a refund")
    assert len(records_opened()) == 3, "after closing it is another opening"
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
        if person == "sam":
            return browser.post(address, {"reason": REASON}).status_code
        return browser.get(page_of(alice)).status_code

    assert set(at_once(open_it, range(8))) == {302 if person == "sam" else 200}
    assert len(records_opened()) == 1
    assert RecordOpening.objects.count() == 1


def test_openings_that_are_over_are_none(sam, alice):
    request = request_of(sam)
    assert openings.open_record(request, alice, REASON)
    assert not openings.open_record(request, alice, REASON)
    assert openings.close_record(sam, alice.pk)
    assert openings.openings_of(sam) == []
