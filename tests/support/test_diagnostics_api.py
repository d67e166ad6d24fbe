"""The API that wizards send to: begun, cut off, gone on with, whole, and a case (promise G7; tus.io 1.0.0)."""

import base64
import errno
import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Throttle
from audit.models import AuditEvent
from mailroom.attaching import attachment
from mailroom.models import OutgoingMail
from support import tasks
from support.destruction.starting import begin as destroy_case
from support.diagnostics import beginning as rooms
from support.diagnostics import limits, receiving
from support.diagnostics.asking import SCHEMA, told_in
from support.diagnostics.problems import Problem
from support.models import Case, Channel, DiagnosticsUpload, FileKind, Kind, Trigger
from support.vault import files, keyring
from support.vault.alone import alone
from tests.support.diagnostics import OFFSETS, START, begin, beginning, begun, bundle, patch, send, sha256, tus
from tests.threads import at_once

pytestmark = pytest.mark.django_db
DEFINITIONS = json.loads(SCHEMA.read_text())


def holds_to(definition: str, answer) -> dict:
    document = json.loads(answer.content)
    jsonschema.Draft202012Validator(DEFINITIONS | {"$ref": f"#/$defs/{definition}"}).validate(document)
    return document


def problem(answer, status: int, kind: str) -> dict:
    document = holds_to("problem", answer)
    assert (answer.status_code, document["status"], document["type"].rpartition("#")[2]) == (status, status, kind)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Tus-Resumable"] == "1.0.0"
    return document


def nothing_is_left(tmp_path: Path) -> bool:
    there = [path for name in ("case-files", "case-keys") for path in (tmp_path / name).rglob("*") if path.is_file()]
    return not there and not DiagnosticsUpload.objects.exists() and not Case.objects.exists()


def test_what_is_sent_whole_is_a_case_with_the_very_bytes(notebook):
    content = bundle()
    answer = begin(content)
    assert answer.status_code == 201
    assert len(answer["Location"].split("/")[-2]) == 64
    assert holds_to("upload", answer) | {"expires": ""} == {
        "state": "receiving",
        "location": answer["Location"],
        "offset": 0,
        "size": len(content),
        "piece": limits.PIECE_ADVISED,
        "expires": "",
    }
    last = patch(answer["Location"], 0, content)
    case = Case.objects.get()
    assert holds_to("upload", last) == {"state": "opened", "offset": len(content), "size": len(content), "case": case.reference}
    assert (case.kind, case.channel, case.product, case.details.email) == (Kind.DIAGNOSTICS, Channel.PRODUCT, notebook, "vera@example.net")
    assert case.messages.get().text == "It stops when I open a note."
    file = case.files.get()
    assert (file.kind, file.sha256, b"".join(file.content())) == (FileKind.DIAGNOSTICS, sha256(content), content)
    assert OutgoingMail.objects.get().to == "vera@example.net"
    assert not last.cookies


def test_nothing_that_was_told_stands_in_the_database_in_plain():
    content = bundle()
    location = begun(content, text="My canary", contact={"name": "Canary", "email": "canary@example.net"})
    token = location.split("/")[-2]
    assert "anary" not in str(DiagnosticsUpload.objects.values().get())
    assert token not in str(DiagnosticsUpload.objects.values().get())
    patch(location, 0, content)
    assert "anary" not in str(DiagnosticsUpload.objects.values().get()) + str(AuditEvent.objects.values())
    assert sha256(content) not in str(DiagnosticsUpload.objects.values().get())


def test_pieces_add_up_and_the_last_one_again_is_the_same_answer():
    content = bundle({"a.log": bytes(range(256)) * 4000})
    location = begun(content)
    half = len(content) // 2
    first = patch(location, 0, content[:half])
    assert (first.status_code, first["Upload-Offset"], first.content) == (204, str(half), b"")
    again = patch(location, 0, content[:half])
    assert problem(again, 409, "wrong-offset")["offset"] == half
    asked = tus("HEAD", location)
    assert (asked.status_code, asked["Upload-Offset"], asked["Upload-Length"]) == (200, str(half), str(len(content)))
    assert asked["Cache-Control"] == "no-store"
    last = patch(location, half, content[half:])
    assert last.status_code == 200
    assert patch(location, half, content[half:]).content == patch(location, len(content), b"").content == last.content
    assert Case.objects.count() == OutgoingMail.objects.count() == 1
    assert b"".join(Case.objects.get().files.get().content()) == content


def test_what_breaks_off_is_kept_as_far_as_it_came(monkeypatch):
    monkeypatch.setattr(receiving, "SECTION", 1000)
    content = bundle({"a.log": bytes(1000)}, seal=0)
    upload = sought(begun(content))
    pieces = iter([content[:300], content[300:700]])

    def read(size: int) -> bytes:
        try:
            return next(pieces)
        except StopIteration:
            raise ConnectionResetError from None

    receiving.receive(upload, 0, read)
    upload.refresh_from_db()
    assert upload.received == 700
    assert b"".join(files.content(upload.key_name, upload.stored_as)) == content[:700]


def sought(location: str) -> DiagnosticsUpload:
    found = DiagnosticsUpload.objects.behind(location.split("/")[-2], timezone.now())
    assert found
    return found


def test_a_piece_is_all_that_is_ever_in_memory():
    content = bundle({"a.log": bytes(3_000_000)}, seal=0)
    upload, sizes, at = sought(begun(content)), [], 0

    def read(size: int) -> bytes:
        nonlocal at
        sizes.append(size)
        at += size
        return content[at - size : at]

    receiving.receive(upload, 0, read)
    assert set(sizes) == {files.PIECE}


def test_a_wrong_digest_opens_nothing_and_leaves_nothing(tmp_path):
    content = bundle()
    location = begun(content, bundle={"size": len(content), "sha256": "0" * 64})
    problem(patch(location, 0, content), 422, "not-what-was-announced")
    assert nothing_is_left(tmp_path)
    assert tus("HEAD", location).status_code == 404


def test_more_than_was_announced_is_refused_and_what_came_before_stays():
    content = bundle()
    location = begun(content)
    patch(location, 0, content[:10])
    problem(patch(location, 10, content), 413, "longer-than-announced")
    assert tus("HEAD", location)["Upload-Offset"] == "10"
    assert patch(location, 10, content[10:]).status_code == 200


def test_a_body_of_unknown_length_that_is_too_long_is_refused(monkeypatch):
    content = bundle()
    upload = sought(begun(content))
    with pytest.raises(receiving.Problem) as refusal:
        receiving.receive(upload, 0, lambda size: b"x" * size)
    assert refusal.value.kind == "longer-than-announced"
    upload.refresh_from_db()
    assert upload.received == 0
    assert not files.exists(upload.key_name, upload.stored_as)


def test_a_full_disk_is_told_and_nothing_is_half_kept(tmp_path, monkeypatch):
    content = bundle()
    location = begun(content)
    patch(location, 0, content[:10])
    monkeypatch.setattr(files.os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    answer = patch(location, 10, content[10:])
    monkeypatch.undo()
    assert problem(answer, 507, "no-room")["detail"]
    assert answer["Retry-After"]


def test_after_another_fault_of_the_disk_it_is_gone_on_with(monkeypatch):
    content = bundle()
    location = begun(content)
    patch(location, 0, content[:10])
    with monkeypatch.context() as broken:
        broken.setattr(files.os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(errno.EIO, "broken")))
        problem(patch(location, 10, content[10:]), 503, "not-kept")
    assert tus("HEAD", location)["Upload-Offset"] == "10"
    assert patch(location, 10, content[10:]).status_code == 200


def test_where_there_is_no_room_it_is_said_before_anything_is_sent(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROOM_LEFT", 1 << 60)
    problem(begin(bundle()), 507, "no-room")
    assert nothing_is_left(tmp_path)


def test_sizes_and_numbers_are_bounded(settings, tmp_path, monkeypatch):
    settings.SUPPORT_DIAGNOSTICS_MAX_MB = 1
    told = {"size": 1024 * 1024 + 1, "sha256": "0" * 64}
    assert problem(begin(b"", bundle=told), 413, "too-large")["largest"] == 1024 * 1024
    begun(b"", bundle=told | {"size": 1024 * 1024})
    settings.SUPPORT_DIAGNOSTICS_PENDING_MB = 1
    problem(begin(bundle()), 503, "busy")
    settings.SUPPORT_DIAGNOSTICS_PENDING_MB = 10
    monkeypatch.setattr(rooms, "OPEN_OF_A_NETWORK", 1)
    problem(begin(bundle(), contact={"email": "other@example.net"}), 429, "too-many-uploads")
    assert DiagnosticsUpload.objects.count() == len(list(keyring.names())) == 1


def test_whoever_is_named_is_not_mailed_without_end():
    answers = [begin(bundle(), contact={"email": "vera@example.net"}).status_code for _try in range(6)]
    assert answers == [201] * 5 + [429]
    assert problem(begin(bundle()), 429, "too-many-tries")


@pytest.mark.parametrize(
    "changes",
    [
        {"contact": {"name": "Vera"}},
        {"contact": None},
        {"wizard": {"name": "infacta_wizard", "version": "one"}},
        {"wizard": {"name": "other", "version": "1.0; drop"}},
        {"bundle": {"size": 0, "sha256": "0" * 64}},
        {"bundle": {"size": 5, "sha256": "x"}},
        {"text": "x" * 20_001},
        {"send_copy": "yes"},
    ],
)
def test_what_is_not_as_the_schema_says_is_told(changes):
    answer = begin(bundle(), **changes)
    assert answer.status_code == 400
    assert holds_to("problem", answer)["detail"]
    assert not DiagnosticsUpload.objects.exists()


def test_an_address_that_is_none_is_told():
    problem(begin(bundle(), contact={"email": "vera at home"}), 400, "address")


def test_an_old_wizard_is_told_where_the_new_one_is():
    answer = Client().post(START, json.dumps({"wizard": {"name": "infacta_wizard", "version": "0.9"}}), content_type="application/json")
    told = problem(answer, 400, "wizard-too-old")
    assert told["download"].endswith("/support/wizard/")
    assert told["download"] in told["detail"]


def test_a_newer_wizard_may_tell_more():
    assert begin(bundle(), mood="hopeful", wizard={"name": "infacta_wizard", "version": "7.3", "colour": "red"}).status_code == 201


def test_a_client_of_the_protocol_alone_can_do_it():
    content = bundle()
    details = base64.b64encode(json.dumps(beginning(content)).encode()).decode()
    answer = tus("POST", START, Upload_Length=str(len(content)), Upload_Metadata=f"filename eA==,details {details}")
    assert answer.status_code == 201
    assert tus("POST", START, Upload_Length="-5", Upload_Metadata=f"details {details}").status_code == 400
    assert tus("POST", START, Upload_Length="5", Upload_Metadata="details !").status_code == 400
    last = tus("POST", answer["Location"], content, X_HTTP_Method_Override="PATCH", Upload_Offset="0")
    assert last.status_code == 200


def test_the_protocol_is_told_and_demanded():
    answer = Client().options(START)
    assert (answer["Tus-Version"], answer["Tus-Extension"]) == ("1.0.0", "creation,expiration,termination")
    assert answer["Tus-Max-Size"] == str(200 * 1024 * 1024)
    location = begun(bundle())
    for headers in ({}, {"Tus-Resumable": "0.2.2"}):
        answer = Client().generic("PATCH", location, b"x", content_type="application/offset+octet-stream", headers=headers)
        problem(answer, 412, "other-protocol")
        assert answer["Tus-Version"] == "1.0.0"
    wrong = Client().generic("PATCH", location, b"x", content_type="text/plain", headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"})
    problem(wrong, 415, "unsupported-media-type")
    problem(Client().put(location), 405, "method-not-allowed")
    assert Client().put(START)["Allow"] == "GET, HEAD, OPTIONS, POST"
    holds_to("terms", Client().get(START))
    assert json.loads(Client().get(f"{START}schema.json").content) == DEFINITIONS


def test_who_changes_their_mind_leaves_nothing(tmp_path):
    content = bundle()
    location = begun(content)
    patch(location, 0, content[:50])
    assert tus("DELETE", location).status_code == 204
    assert nothing_is_left(tmp_path)
    assert tus("HEAD", location).status_code == 404
    other = begun(content)
    patch(other, 0, content)
    problem(tus("DELETE", other), 409, "already-a-case")


def test_a_token_that_is_none_opens_nothing():
    for token in ("x", "0" * 64, "-"):
        problem(Client().get(f"{START}{token}/"), 404, "no-such-upload")


def test_what_is_not_whole_in_a_day_is_destroyed(tmp_path):
    content = bundle()
    location = begun(content)
    patch(location, 0, content[:50])
    whole = begun(content)
    patch(whole, 0, content)
    assert tasks.purge_diagnostics() == 0
    DiagnosticsUpload.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert tus("HEAD", location).status_code == 404
    assert tasks.purge_diagnostics() == 2
    assert not DiagnosticsUpload.objects.exists()
    case = Case.objects.get()
    assert list(keyring.names()) == [case.key_name]
    assert b"".join(case.files.get().content()) == content


def test_what_came_whole_and_was_left_becomes_a_case(monkeypatch):
    """Whoever received the last piece was stopped before the case was opened."""
    content = bundle()
    location = begun(content)
    with monkeypatch.context() as stopped:
        stopped.setattr(receiving, "finish", lambda upload, request: None)
        patch(location, 0, content)
    assert not Case.objects.exists()
    assert tasks.open_diagnostics() == 0
    DiagnosticsUpload.objects.update(written_at=timezone.now() - timedelta(minutes=2))
    assert tasks.open_diagnostics() == 1
    assert json.loads(tus("GET", location).content)["case"] == Case.objects.get().reference


def test_while_somebody_writes_nobody_else_does():
    content = bundle()
    location = begun(content)
    with alone(sought(location).key_name):
        problem(patch(location, 0, content), 423, "locked")
        problem(tus("DELETE", location), 423, "locked")
    assert patch(location, 0, content).status_code == 200


def test_with_the_case_the_upload_is_gone_too():
    content = bundle()
    location = begun(content)
    patch(location, 0, content)
    destroy_case(Case.objects.get(), Trigger.CUSTOMER)
    assert tus("HEAD", location).status_code == 404


def test_a_good_code_with_the_accounts_own_address_puts_the_case_there(alice, alices, bob):
    code, content = alices.unlock_codes.get().code, bundle()
    answers = [
        send(content, unlock_code=code, contact={"email": "alice@EXAMPLE.com"}),
        send(content, unlock_code=code, contact={"email": "mallory@example.net"}),
        send(content, unlock_code="NTE-00000-00000-00000-00000", contact={"email": "alice@example.com"}),
        send(content, contact={"email": "alice@example.com"}),
    ]
    assert [case.user for case in Case.objects.order_by("pk")] == [alice, None, None, None]
    assert len({answer.status_code for answer in answers}) == 1
    assert len({tuple(json.loads(answer.content)) for answer in answers}) == 1
    assert [case.is_priority for case in Case.objects.order_by("pk")] == [True, False, False, False]


def test_a_revoked_code_puts_it_nowhere(alice, alices):
    code = alices.unlock_codes.get()
    code.reissue()
    send(bundle(), unlock_code=code.code, contact={"email": alice.email})
    assert Case.objects.get().user is None


def test_a_copy_is_sent_to_whoever_wants_one(alice, alices):
    content = bundle()
    send(content)
    copies = OutgoingMail.objects.exclude(attached="")
    assert not copies.exists()
    code = alices.unlock_codes.get().code
    send(content, send_copy=True, unlock_code=code, contact={"email": alice.email})
    assert copies.get().to == alice.email
    assert attachment(copies.get().attached).content == content


def test_json_of_every_depth_is_refused_and_breaks_nothing():
    """Some depths can just be read, and not be looked at any more."""
    told = json.dumps(beginning(bundle()))
    for depth in range(700, 1000):
        for value in ('"NOTEBOOK"', '"1.0"'):
            with pytest.raises(Problem):
                told_in(told.replace(value, "[" * depth + "]" * depth).encode(), "")


def test_an_address_that_no_mail_can_be_addressed_to_is_refused():
    answer = begin(bundle(), contact={"email": '"vera"@example.net'})
    assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (400, "address")


def test_a_length_that_is_no_number_breaks_nothing():
    assert tus("HEAD", begun(bundle()), Content_Length="\xb2").status_code == 200


def test_no_file_is_mailed_to_an_address_that_anybody_may_have_named():
    """Or whoever wants could have this site mail what they choose to whomever they choose."""
    content = bundle()
    send(content, send_copy=True, contact={"email": "victim@example.net"})
    mail = OutgoingMail.objects.get(cause__contains=":copy-link:")
    case = Case.objects.get()
    assert (mail.to, mail.attached) == ("victim@example.net", "")
    assert case.access in mail.text
    assert "once you have opened the page" in mail.text
    path, file = f"/support/cases/{case.access}/", case.files.get()
    assert b"".join(Client().get(f"{path}files/{file.pk}/").streaming_content) == content
    Client().post(f"{path}files/{file.pk}/copy/")
    assert OutgoingMail.objects.exclude(attached="").get().to == "victim@example.net"


def test_tags_of_an_address_are_one_mailbox_to_the_limit_of_uploads():
    assert [begin(bundle(), contact={"email": f"victim+{n}@example.net"}).status_code for n in range(6)] == [201] * 5 + [429]


def test_nul_and_halves_of_characters_break_nothing():
    raw = json.dumps(
        beginning(bundle(), product="NOTE\0BOOK", text="a\0b \ud800", contact={"name": "\udfff\0", "email": "vera@example.net"})
    )
    answer = Client().post(START, raw, content_type="application/json")
    assert answer.status_code == 201
    assert patch(answer["Location"], 0, bundle()).status_code == 200


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.fixed_dictionaries({}, optional=dict.fromkeys(beginning(), ANY) | {"language": ANY, "unlock_code": ANY})
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(changes=FIELDS)
def test_no_beginning_breaks_the_site(changes):
    raw = json.dumps(beginning(bundle()) | changes)
    answer = Client().post(START, raw, content_type="application/json", headers={"X-Forwarded-For": "x"})
    assert answer.status_code in (201, 400, 413, 429, 503)


@FUZZ
@given(raw=st.binary(max_size=300), header=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=80))
def test_no_headers_and_no_bodies_break_the_site(raw, header):
    content = b"0123456789"
    DiagnosticsUpload.objects.all().delete()
    Throttle.objects.all().delete()
    location = begun(content)
    for method in ("PATCH", "POST", "HEAD", "DELETE" if raw.startswith(b"\0") else "GET"):
        for path in (START, location):
            answer = Client().generic(
                method,
                path,
                raw,
                content_type="application/offset+octet-stream",
                headers={"Tus-Resumable": "1.0.0", "Upload-Offset": header, "Upload-Length": header, "Upload-Metadata": header},
            )
            assert answer.status_code < 500


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_pieces_at_once_one_is_taken_and_they_never_mix():
    content = bundle({"a.log": bytes(range(256)) * 10_000}, seal=0)
    location = begun(content)
    answers = at_once(lambda number: patch(location, 0, bytes([number]) * 1000), range(8))
    assert sorted(answer.status_code for answer in answers)[0] == 204
    assert {answer.status_code for answer in answers} <= {204, 409, 423}
    assert [answer.status_code for answer in answers].count(204) == 1
    upload = sought(location)
    assert upload.received == 1000
    assert len(set(b"".join(files.content(upload.key_name, upload.stored_as)))) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_last_pieces_at_once_one_case_is_opened():
    content = bundle()
    location = begun(content)
    answers = at_once(lambda _number: patch(location, 0, content), range(8))
    assert {answer.status_code for answer in answers} <= {200, 423}
    assert Case.objects.count() == OutgoingMail.objects.count() == 1
    assert {answer.content for answer in answers if answer.status_code == 200} == {patch(location, 0, content).content}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_that_begin_at_once_no_more_than_fit_are_let_in(monkeypatch):
    monkeypatch.setattr(rooms, "OPEN_OF_A_NETWORK", 3)
    addresses = [f"vera{number}@example.net" for number in range(8)]
    answers = at_once(lambda address: begin(bundle(), contact={"email": address}).status_code, addresses)
    assert answers.count(201) <= 3
    assert set(answers) <= {201, 429}
    assert DiagnosticsUpload.objects.count() == len(list(keyring.names())) == answers.count(201)


@pytest.mark.parametrize("folder", ["case-keys", "case-files"])
def test_where_the_vault_cannot_be_written_to_nothing_is_begun(own_disk, folder):
    (own_disk / folder).write_text("a file where the folder should be")
    answer = begin(b"x" * 10)
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("#not-kept")
    assert not DiagnosticsUpload.objects.exists()


@pytest.mark.parametrize("length", ["+10", " 10", "1_0", "-1", "9" * 5000, "NaN"])
def test_a_length_is_written_in_digits(length):
    details = base64.b64encode(json.dumps(beginning(b"x" * 10)).encode()).decode()
    answer = Client().post(
        START, content_type=OFFSETS, headers={"Tus-Resumable": "1.0.0", "Upload-Metadata": f"details {details}", "Upload-Length": length}
    )
    assert answer.status_code == 400
