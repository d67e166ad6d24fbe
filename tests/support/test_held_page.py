"""What we hold about a case, and until when: every item of it, on a page of the case."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailroom.models import OutgoingMail
from support.cases.closing import close, keep_for_fraud, lift
from support.cases.mails import cause_of
from support.cases.writing import answer, note
from support.models import Case, CaseDetails
from tests.customer import log_in
from tests.pages import words_of
from tests.support.cases import incoming, make_case
from tests.support.pages import link_of, place_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(alice, notebook, sam) -> Case:
    details = CaseDetails(
        subject="It stops",
        name="Alice Archer",
        email=alice.email,
        version="1.2",
        circumstances={"browser": "Firefox 128.0", "cookies": "temporary"},
    )
    case = make_case(user=alice, product=notebook, details=details, files=[incoming("log.txt")])
    answer(case, "Please restart it.", by=sam)
    note(case, "He called already.", by=sam)
    return case


def held(case: Case, client: Client | None = None) -> str:
    return words_of((client or Client()).get(f"{link_of(case)}held/").content.decode())


def test_every_item_is_listed(case, client):
    page, file = held(case, client), case.files.get()
    for words in (
        case.reference,
        "Subject It stops",
        "Name Alice Archer",
        "E-mail address Alice@example.com",
        "Notebook 1.2",
        "Browser Firefox 128.0",
        "Cookies accepted, but none that last longer than the browser is open",
        "Notes of our staff for each other 1",
        f"{file.name}",
        str(file.size),
        file.sha256,
        "support case opened",
        "support case answered our staff",
        "Each file that they open is recorded",
        "The key under which it is sealed is in no backup",
    ):
        assert words in page, words
    for mail in OutgoingMail.objects.filter(cause__startswith=cause_of(case)):
        assert mail.subject in page
    assert "He called already." not in page


def test_the_day_of_destruction_and_the_backups(case):
    assert "14 days after it is closed" in held(case)
    assert "overwritten 30 days later" in held(case)
    close(case)
    case.refresh_from_db()
    assert f"On {timezone.localtime(case.destroy_at):%-d %B %Y, %H:%M}" in held(case)
    assert f"overwritten by {case.destroy_at + timedelta(days=30):%-d %B %Y}" in held(case)


def test_holds_are_shown_with_reason_and_end(case, sam):
    hold = keep_for_fraud(case, reason="Same order <i>from nine addresses", until=timezone.now() + timedelta(days=30), by=sam)
    page = held(case)
    assert "Same order <i>from nine addresses" in page
    assert f"until {hold.until:%-d %B %Y} at the latest" in page
    assert "sam@" not in page
    lift(hold, by=sam)
    assert "Was kept for a suspicion of fraud" in held(case)


def test_another_case_is_not_in_it(case, bob):
    other = make_case(user=bob, subject="Bob's", files=[incoming("bobs.txt")])
    assert not {"Bob's", "bobs.txt", other.reference} & set(held(case).split())
    assert case.reference not in held(other)


def test_it_has_pages_and_costs_the_same_however_much_it_is(case, alice, sam, django_assert_num_queries):
    customer, path = log_in(alice), f"{place_of(case)}held/"
    customer.get(path)
    with django_assert_num_queries(9):
        customer.get(path)
    for number in range(60):
        answer(case, f"Answer {number}", by=sam)
    with django_assert_num_queries(9):
        page = customer.get(path).content.decode()
    assert page.count(f"Answer to your case {case.reference}") == 49
    assert "?page=2" in page
    second = customer.get(f"{path}?page=2").content.decode()
    assert second.count(f"Answer to your case {case.reference}") == 12
