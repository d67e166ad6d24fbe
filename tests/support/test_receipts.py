"""Receipts: what the record says, for whoever has the number; nothing of what was destroyed, and nothing too early."""

import pytest
from django.test import Client

from accounts.limits import RECEIPTS_NETWORK
from mailroom.models import OutgoingMail
from support.destruction.receipts import code_of, is_code_of, text_of
from support.destruction.starting import begin
from support.models import Destruction, Trigger
from support.tasks import purge_support
from tests.pages import words_of
from tests.support.cases import incoming, make_case
from tests.support.destroyed import due_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def record() -> Destruction:
    due_case(files=[incoming("secret.txt")], subject="Secret subject")
    purge_support()
    return Destruction.objects.get()


def test_the_mail_carries_the_receipt_and_the_page_says_the_same(record, client):
    mail = OutgoingMail.objects.get(cause__startswith="receipt:")
    assert text_of(record) in mail.text
    assert code_of(record) in mail.html
    page = client.get(f"/support/receipts/{record.number}/", {"code": code_of(record).lower()})
    words = words_of(page.content.decode())
    assert "looked for afterwards: nothing was found" in words
    assert "The check code is ours" in words
    assert "1 message, 1 file" in words
    assert record.manifest_digest in words
    assert "ecret" not in page.content.decode() + mail.text + mail.html
    assert "visitor@example.net" not in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert not page.cookies


def test_it_can_be_downloaded_as_text(record, client):
    answer = client.get(f"/support/receipts/{record.number}/receipt.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content.decode() == text_of(record)
    assert "overwritten by: " + record.backups_clear_on.isoformat() in answer.content.decode()


def test_whoever_types_the_number_gets_there_however_they_type_it(record, client):
    typed = f" {record.number[:12].upper()} {record.number[12:]} "
    assert client.get("/support/receipts/", {"number": typed})["Location"] == f"/support/receipts/{record.number}/"
    assert client.get("/support/receipts/").status_code == 200


@pytest.mark.parametrize("number", ["0" * 24, "x", "\u0660", "'; --", "a" * 5000, "<script>"])
def test_a_number_that_there_is_not_is_told_so(record, client, number):
    page = client.get("/support/receipts/", {"number": number})
    assert page.status_code == 404
    assert "There is no such receipt" in page.content.decode()
    assert "<script>" not in page.content.decode().partition("<main")[2]


def test_such_an_address_is_not_found(client):
    for path in ("", "receipt.txt"):
        assert client.get(f"/support/receipts/{'0' * 24}/{path}").status_code == 404


def test_a_receipt_that_was_changed_has_another_code(record, client, settings):
    page = client.get(f"/support/receipts/{record.number}/", {"code": "AAAA-BBBB-CCCC-DDDD-EEEE"})
    assert "This is not the check code of this receipt" in page.content.decode()
    code = code_of(record)
    record.files += 1
    assert not is_code_of(record, code)
    record.refresh_from_db()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key" * 5
    assert is_code_of(record, code)
    assert not is_code_of(record, "\ud800")


def test_what_is_not_destroyed_yet_is_never_shown_as_destroyed(client):
    number = begin(make_case(), Trigger.CUSTOMER).number
    page = words_of(client.get(f"/support/receipts/{number}/").content.decode())
    assert "Not destroyed yet" in page
    assert "nothing was found" not in page
    text = client.get(f"/support/receipts/{number}/receipt.txt").content.decode()
    assert "Destroyed: NOT YET" in text
    assert "removed" not in text
    assert "Check code" not in text


def test_trying_numbers_is_slowed(client):
    answers = [client.get("/support/receipts/", {"number": f"{number:024}"}).status_code for number in range(RECEIPTS_NETWORK.burst + 1)]
    assert set(answers[:-1]) == {404}
    assert answers[-1] == 429


def test_nothing_but_reading_is_answered(record):
    assert Client(enforce_csrf_checks=True).post(f"/support/receipts/{record.number}/").status_code in (403, 405)


def test_the_page_asks_little(record, client, django_assert_num_queries):
    page = f"/support/receipts/{record.number}/"
    client.get(page)
    with django_assert_num_queries(2):
        client.get(page)
    for _number in range(3):
        due_case()
    purge_support()
    with django_assert_num_queries(2):
        client.get(page)
