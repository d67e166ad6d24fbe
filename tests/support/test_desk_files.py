"""Files of a case: for whoever works on it, recorded before the first byte, and never looked into by a browser (promises G7, G8)."""

import pytest
from django.test import Client

from audit.models import AuditEvent
from support.cases.attaching import keep
from support.destruction.starting import begin
from support.models import Case, CaseFile, FileKind, Trigger
from support.vault import files, keyring
from support.vault.files import PIECE, path_of
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.cases import incoming, make_case
from tests.support.desk import page_of, take

pytestmark = pytest.mark.django_db
CONTENT = b"<svg onload=alert(1)>" * 30_000


@pytest.fixture
def case(alice) -> Case:
    return make_case(user=alice, email=alice.email, files=[incoming('Écran "1".svg', CONTENT)])


@pytest.fixture
def desk(sam, case) -> Client:
    return take(staff_log_in(sam), case)


def of(case: Case) -> str:
    return page_of(case, f"files/{case.files.get().pk}")


def openings() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind="case.file_opened"))


def test_it_comes_as_it_was_sent_and_no_browser_looks_into_it(desk, case, sam, alice):
    assert "Écran" in desk.get(page_of(case)).content.decode()
    response = desk.post(of(case))
    (event,) = openings()
    assert (event.user, event.actor) == (alice, sam)
    assert event.detail == {"case": case.reference, "file": case.files.get().pk, "role": "Support"}
    assert b"".join(response.streaming_content) == CONTENT
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%89cran")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response["Cache-Control"]


def test_the_opening_is_recorded_before_the_first_byte_and_the_rest_is_read_as_it_goes(desk, case, monkeypatch):
    assert len(CONTENT) > 2 * PIECE
    read = []
    real = files.opened
    monkeypatch.setattr(files, "opened", lambda *record: read.append(len(openings())) or real(*record))
    response = desk.post(of(case))
    assert (read, len(openings())) == ([0], 1), "one piece is opened to see that it is there; the event stands before any goes"
    list(response.streaming_content)
    assert read == [0, 1, 1]


def test_nothing_goes_if_the_opening_cannot_be_recorded(desk, case, monkeypatch):
    monkeypatch.setattr("support.views.desk.files.record", lambda *fact, **detail: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.post(of(case))


def test_nobody_else_opens_it(case, sam, ada, alice, desk):
    for client, status in ((Client(), 302), (log_in(alice), 302), (staff_log_in(ada), 404)):
        assert client.post(of(case)).status_code == status
    other = make_case(files=[incoming()])
    assert desk.post(of(other)).status_code == 404
    assert desk.post(page_of(case, f"files/{other.files.get().pk}")).status_code == 404, "nor by way of another case"
    assert desk.post(page_of(case, f"files/{10**30}")).status_code == 404
    assert desk.get(of(case)).status_code == 405
    desk.post(page_of(case, "give-back"))
    assert desk.post(of(case)).status_code == 404
    assert not openings()


def test_of_a_case_that_is_being_destroyed_none_is_opened(desk, case):
    begin(case, Trigger.CUSTOMER)
    assert desk.post(of(case)).status_code == 404


@pytest.mark.parametrize("gone", ["file", "key"])
def test_what_is_destroyed_says_so(desk, case, gone):
    file = case.files.get()
    files.destroy(case.key_name, file.stored_as) if gone == "file" else keyring.destroy(case.key_name)
    page = desk.post(of(case))
    assert page.status_code == 410
    assert "This file is destroyed" in words_of(page.content.decode())
    assert desk.get(page_of(case)).status_code == 200
    assert not openings()


def test_what_is_damaged_says_so(desk, case):
    path = path_of(case.key_name, case.files.get().stored_as)
    path.write_bytes(b"x" * 100)
    page = desk.post(of(case))
    assert page.status_code == 410
    assert "cannot be read" in words_of(page.content.decode())


def test_files_that_came_without_a_message_have_pages(desk, case):
    for number in range(51):
        keep(case, None, incoming(f"log-{number:02}.txt"), FileKind.DIAGNOSTICS)
    first, second = (words_of(desk.get(f"{page_of(case)}?files={page}").content.decode()) for page in (1, 2))
    assert ("log-00.txt" in first, "log-50.txt" in first) == (True, False)
    assert ("log-00.txt" in second, "log-50.txt" in second) == (False, True)
    assert CaseFile.objects.count() == 52


def test_an_empty_file_is_one(sam):
    case = make_case(files=[incoming("empty.txt", b"")])
    response = take(staff_log_in(sam), case).post(of(case))
    assert (b"".join(response.streaming_content), response["Content-Length"]) == (b"", "0")
