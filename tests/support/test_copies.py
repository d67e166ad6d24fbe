"""Send me a copy: exactly the bytes that were sent, once a press, and nothing once they are destroyed."""

import hashlib
import os

import pytest
from django.utils import timezone

from accounts.limits import TooManyTries
from audit.models import AuditEvent
from mailroom.models import MailState, OutgoingMail
from mailroom.tasks import send_due_mails
from support.cases.attaching import Incoming, keep
from support.cases.copies import send_copy
from support.cases.writing import Gone
from support.destruction.starting import begin
from support.models import Case, CaseFile, FileKind, Trigger
from support.vault import files, keyring
from tests.relay import running_relay
from tests.support.cases import incoming, make_case
from tests.threads import at_once

pytestmark = pytest.mark.django_db
STRANGE = b"bare\rreturn\nfeed\r\n.\r\n..dot\n" + b"x" * 5000 + bytes(range(256)) + b" \n\n"


@pytest.fixture
def relay(settings):
    with running_relay(settings) as relay:
        yield relay


def prove_address(case: Case) -> None:
    """As if whoever asked had opened the link."""
    Case.objects.filter(pk=case.pk).update(address_proved_at=timezone.now())


def a_file(content: bytes = STRANGE, name: str = "../Größe\r\nBcc: x.log", **asked) -> CaseFile:
    case = make_case(files=[incoming(name, content)], **asked)
    prove_address(case)
    OutgoingMail.objects.all().delete()
    return case.files.get()


def sent_copy(relay) -> bytes:
    *_bodies, part = relay.received[0].walk()
    assert part.get_content_type() == "application/octet-stream"
    return part.get_payload(decode=True)


def test_the_copy_is_exact_and_goes_to_whoever_asked(relay):
    file = a_file()
    send_copy(file)
    assert send_due_mails() == 1
    assert hashlib.sha256(sent_copy(relay)).hexdigest() == file.sha256 == hashlib.sha256(STRANGE).hexdigest()
    assert relay.recipients == ["visitor@example.net"]
    text = relay.received[0].get_payload()[0].get_payload()[0].get_payload(decode=True).decode()
    assert file.sha256 in text
    assert file.name not in text
    event = AuditEvent.objects.get(kind="case.file_sent")
    assert event.detail == {"case": file.case.reference, "file": file.pk}


def test_ten_megabytes_are_attached_and_one_byte_more_is_downloaded(relay):
    case = make_case()
    prove_address(case)
    OutgoingMail.objects.all().delete()
    content = os.urandom(10 * 1024 * 1024)
    whole = keep(case, None, Incoming("a.zip", len(content), [content]), FileKind.DIAGNOSTICS)
    larger = keep(case, None, Incoming("b.zip", len(content) + 1, [content, b"x"]), FileKind.DIAGNOSTICS)
    send_copy(whole)
    assert send_due_mails() == 1
    assert hashlib.sha256(sent_copy(relay)).hexdigest() == whole.sha256
    send_copy(larger)
    assert OutgoingMail.objects.latest("pk").attached == ""
    assert "You can download it" in OutgoingMail.objects.latest("pk").text
    assert case.access in OutgoingMail.objects.latest("pk").text


def test_a_press_sends_one_mail(relay):
    file = a_file()
    assert send_copy(file, press="a") == send_copy(file, press="a") != send_copy(file, press="b")
    assert send_due_mails() == 2
    assert AuditEvent.objects.filter(kind="case.file_sent").count() == 2


def test_two_presses_without_a_word_of_the_form_within_a_minute_are_one(monkeypatch):
    monkeypatch.setattr("support.cases.copies.time.time", lambda: 1_800_000_000)
    file = a_file()
    assert send_copy(file) == send_copy(file)


def test_presses_without_end_are_refused_and_send_nothing():
    file = a_file()
    for number in range(10):
        send_copy(file, press=str(number))
    with pytest.raises(TooManyTries):
        send_copy(file, press="more")
    assert OutgoingMail.objects.count() == AuditEvent.objects.filter(kind="case.file_sent").count() == 10


def remove(file: CaseFile) -> None:
    files.destroy(file.case.key_name, file.stored_as)


def damage(file: CaseFile) -> None:
    path = files.path_of(file.case.key_name, file.stored_as)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")


def cut_off(file: CaseFile) -> None:
    files.append(file.case.key_name, file.stored_as, [b"something else"])


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (remove, "The file is destroyed."),
        (lambda file: keyring.destroy(file.case.key_name), "The file is destroyed."),
        (lambda file: begin(file.case, Trigger.CUSTOMER), "The file is destroyed."),
        (lambda file: file.delete(), "The file is destroyed."),
        (damage, "The file is damaged."),
        (cut_off, "The file is damaged."),
    ],
    ids=["file", "key", "case", "row", "damaged", "other"],
)
def test_what_is_gone_when_the_mail_is_sent_is_not_sent_and_neither_is_the_mail(relay, end, reason):
    file = a_file()
    mail = send_copy(file)
    end(file)
    assert send_due_mails() == 0
    mail.refresh_from_db()
    assert (mail.state, mail.answer) == (MailState.FAILED, reason)
    assert not relay.received


def test_nothing_is_copied_of_a_case_that_is_being_destroyed():
    file = a_file()
    begin(file.case, Trigger.CUSTOMER)
    with pytest.raises(Gone):
        send_copy(file)


def test_without_an_address_there_is_nobody_to_send_it_to():
    assert send_copy(a_file(email="")) is None
    assert not AuditEvent.objects.filter(kind="case.file_sent").exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_presses_at_once_one_sends_a_mail():
    file = a_file()
    at_once(lambda _number: send_copy(CaseFile.objects.get(pk=file.pk), press="a"), range(8))
    assert OutgoingMail.objects.count() == AuditEvent.objects.filter(kind="case.file_sent").count() == 1
