"""A disk that takes no key any more: every form says so and gives back what was typed, and nothing is half kept."""

import errno
from typing import Any

import pytest
from django.test import Client

from accounts.models import Appeal
from audit.models import AuditEvent
from mailroom.incoming import handle, take_in
from mailroom.models import IncomingMail, OutgoingMail
from support.cases.attaching import keep
from support.models import Case, CaseFile, DiagnosticsUpload, LoginHelpRequest
from support.vault import files, keyring
from tests.accounts.test_holds import HELD, page_of_hold, put_on_hold
from tests.customer import log_in
from tests.pages import fields_on
from tests.support import diagnostics
from tests.support.cases import incoming, make_case
from tests.support.helping import PAGE, PLEA
from tests.support.letters import question
from tests.support.pages import ASKED, CUSTOMERS_NEW, ask, upload

pytestmark = pytest.mark.django_db
CORRECTION = "/resources/support/correction/"


def no_room(*_arguments: Any, **_options: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(params=["key", "folder"])
def full(request, monkeypatch):
    """The disk is full when the key is written, or when its folder is."""
    with monkeypatch.context() as patch:
        patch.setattr(keyring.os, "fsync", no_room) if request.param == "key" else patch.setattr(keyring, "sync", no_room)
        yield


def kept() -> list[Any]:
    """Whatever a form could have left behind."""
    tables = (Case, CaseFile, LoginHelpRequest, Appeal, DiagnosticsUpload, OutgoingMail)
    facts = AuditEvent.objects.filter(kind__regex=r"^(case|hold\.appealed)")
    return [*(table.objects.count() for table in tables), facts.count(), set(keyring.names()), list(files.folders())]


def refused(answer: Any, text: str) -> None:
    """The form, with what was typed and the reason."""
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    page = answer.content.decode()
    assert text in page
    assert "We cannot keep anything at the moment" in page


def test_the_public_form_comes_back(full):
    before = kept()
    refused(ask(attachments=[upload()]), ASKED["text"])
    assert kept() == before


def test_the_form_in_the_area_comes_back(alice, full):
    customer, before = log_in(alice), kept()
    refused(ask(customer, CUSTOMERS_NEW), ASKED["text"])
    assert kept() == before


def test_a_correction_comes_back(alice, full):
    customer, before = log_in(alice), kept()
    refused(
        customer.post(CORRECTION, fields_on(customer, CORRECTION) | {"about": "other", "wanted": "Archer, not Acher"}), "Archer, not Acher"
    )
    assert kept() == before


def test_help_with_the_log_in_comes_back(full):
    before = kept()
    refused(Client().post(PAGE, PLEA), PLEA["order_reference"])
    assert kept() == before


def test_an_appeal_comes_back(alice, monkeypatch):
    put_on_hold(alice)
    browser = Client()
    page_of_hold(alice, browser)
    monkeypatch.setattr(keyring, "sync", no_room)
    before = kept()
    refused(browser.post(HELD, {"text": "I took the train."}), "I took the train.")
    assert kept() == before


def test_an_upload_of_diagnostics_is_told_to_come_later(full):
    before = kept()
    answer = diagnostics.begin(diagnostics.bundle())
    assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (507, "no-room")
    assert kept() == before


def test_a_mail_waits_and_is_dealt_with_later(monkeypatch):
    before = kept()
    with monkeypatch.context() as patch:
        patch.setattr(keyring, "sync", no_room)
        take_in(question())
    assert kept() == before
    handle(IncomingMail.objects.get().pk)
    assert Case.objects.get().messages.count() == 1


def test_a_file_whose_folder_cannot_be_written_leaves_nothing(monkeypatch):
    case = make_case()
    monkeypatch.setattr(files, "sync", no_room)
    with pytest.raises(OSError, match="No space"):
        keep(case, None, incoming())
    assert files.names(case.key_name) == []


def test_a_reply_with_a_file_comes_back(monkeypatch):
    case, client = make_case(), Client()
    path = f"/support/cases/{case.access}/"
    sent = fields_on(client, path) | {"text": "It happened again.", "attachments": upload()}
    monkeypatch.setattr(files, "sync", no_room)
    answer = client.post(path, sent)
    assert "We cannot keep files at the moment" in answer.content.decode()
    assert "It happened again." in answer.content.decode()
    assert (case.messages.count(), case.files.count(), files.names(case.key_name)) == (1, 0, [])


def test_files_stop_before_the_disk_is_full_and_words_go_on(monkeypatch):
    """Whoever sends files without end must not take the room that keys and other people's words need."""
    monkeypatch.setattr(files, "ROOM_LEFT", 1 << 60)
    answer = ask(attachments=[upload()])
    assert "We cannot keep files at the moment" in answer.content.decode()
    assert (Case.objects.count(), list(files.folders()), set(keyring.names())) == (0, [], set())
    assert ask().context["case"] == Case.objects.get()
    reply = Client().post(f"/support/cases/{Case.objects.get().access}/", {"text": "Here it is.", "attachments": upload()})
    assert "We cannot keep files at the moment" in reply.content.decode()
