"""The life of a case: opened once, written in, closed, opened again, kept for fraud."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mailroom.models import OutgoingMail
from support.cases.access import case_addressed_by, case_behind
from support.cases.attaching import CannotAttach
from support.cases.closing import close, keep_for_fraud, lift, reopen
from support.cases.writing import Gone, answer, customer_writes, note
from support.destruction.starting import begin
from support.models import Author, Case, Channel, Life, State, Trigger
from support.vault import files, keyring
from tests.cast import make_staff
from tests.support.cases import incoming, make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam():
    return make_staff("sam@vendor.example", "Support")


def test_what_is_told_lies_sealed_and_the_mail_says_nothing_of_it():
    case = make_case(text="My secret", subject="Secret subject", files=[incoming(name="../secret.txt")])
    row = Case.objects.values().get()
    assert "ecret" not in str(row) + str(list(case.messages.values())) + str(list(case.files.values()))
    assert case.messages.get().text == "My secret"
    assert case.files.get().name == "secret.txt"
    assert b"".join(case.files.get().content()) == b"all is lost\n" * 10
    mail = OutgoingMail.objects.get()
    assert mail.to == "visitor@example.net"
    assert "ecret" not in mail.subject + mail.text + mail.html
    assert case.access in mail.text


def test_the_same_form_twice_is_one_case():
    first = make_case(submission="0" * 64)
    assert make_case(submission="0" * 64) == first
    assert Case.objects.count() == OutgoingMail.objects.count() == 1


def test_what_cannot_be_attached_leaves_nothing_behind():
    before = set(keyring.names())
    with pytest.raises(CannotAttach):
        make_case(files=[incoming()] * 11)
    assert set(keyring.names()) == before
    assert not Case.objects.exists()


def test_the_link_and_the_address_lead_to_the_case_until_it_is_being_destroyed():
    case = make_case()
    assert case_behind(case.access) == case_addressed_by(case.mail_address.upper()) == case
    assert case_behind(make_case().access) != case
    assert case_behind(case.access[:-1] + ("0" if case.access[-1] != "0" else "1")) is None
    assert case_addressed_by(case.mail_address.replace("+", "")) is None
    begin(case, Trigger.CUSTOMER)
    assert case_behind(case.access) is case_addressed_by(case.mail_address) is None


def test_an_answer_ends_the_waiting_and_is_mailed(sam):
    case = make_case()
    answer(case, "Please restart it.", by=sam)
    case.refresh_from_db()
    assert (case.state, case.waiting_since) == (State.ANSWERED, None)
    assert case.first_answered_at
    assert "Please restart it." in OutgoingMail.objects.get(cause__contains=":answer:").text


def test_a_note_is_seen_by_staff_alone(sam):
    case = make_case()
    note(case, "He called already.", by=sam)
    assert [message.author for message in case.messages.for_the_customer()] == [Author.CUSTOMER]
    assert OutgoingMail.objects.count() == 1


def test_closing_sets_the_day_and_writing_opens_it_again(sam):
    case = make_case()
    assert close(case, by=sam)
    assert not close(case, by=sam)
    case.refresh_from_db()
    assert case.destroy_at - case.closed_at == timedelta(days=14)
    customer_writes(case, "It happened again.", Channel.MAIL, incoming=[incoming()])
    case.refresh_from_db()
    assert (case.state, case.destroy_at) == (State.OPEN, None)
    assert not reopen(case)


def test_nothing_is_written_in_a_case_that_is_being_destroyed(sam):
    case = make_case()
    begin(case, Trigger.CUSTOMER)
    for write in (lambda: customer_writes(case, "x", Channel.MAIL), lambda: answer(case, "x", by=sam), lambda: close(case)):
        with pytest.raises(Gone):
            write()
    assert Case.objects.get().life == Life.DESTROYING


def test_a_hold_has_a_reason_and_an_end_and_there_is_one(sam):
    case, now = make_case(), timezone.now()
    hold = keep_for_fraud(case, reason="Same order from nine addresses", until=now + timedelta(days=30), by=sam)
    assert keep_for_fraud(case, reason="Again", until=now + timedelta(days=30), by=sam) is None
    assert lift(hold, by=sam)
    assert not lift(hold, by=sam)
    with pytest.raises(ValueError, match="a year"):
        keep_for_fraud(case, reason="For ever", until=now + timedelta(days=400), by=sam)


def test_a_failure_after_the_files_were_written_leaves_none(monkeypatch):
    before = set(keyring.names())
    monkeypatch.setattr("support.cases.opening.mail", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_case(files=[incoming()])
    assert set(keyring.names()) == before


def test_a_file_that_is_destroyed_is_not_there_any_more():
    file = make_case(files=[incoming()]).files.get()
    files.destroy(file.case.key_name, file.stored_as)
    assert not files.exists(file.case.key_name, file.stored_as)
    with pytest.raises(FileNotFoundError):
        list(file.content())
