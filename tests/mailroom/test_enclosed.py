"""The files of a mail: only for a handler that takes them, bounded, sealed while they wait, and gone in the same statement as the text."""

import hashlib
import os
import time
from email.message import EmailMessage

import pytest
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailroom import enclosed, incoming
from mailroom.incoming import CannotTake, Handler, handles, take_in
from mailroom.models import IncomingMail
from mailroom.opening import Mail, opened_mail
from tests.mailroom.letters import letter
from tests.purchases.form_fuzz import EXAMPLES

pytestmark = pytest.mark.django_db
CARD = "4111 1111 1111 1111"
PICTURE = bytes(range(256)) * 40


def everybody(mail: Mail) -> bool:
    return True


def with_files(*files: tuple[str, bytes], number: str = "<1@x>", text: str = "See the files") -> EmailMessage:
    mail = letter(text, number=number, to="help@vendor.example", subject="My secret subject", sender="Vera <vera@example.net>")
    for name, content in files:
        mail.add_attachment(content, "application", "octet-stream", filename=name)
    return mail


def opened(*files: tuple[str, bytes]) -> Mail:
    return opened_mail(with_files(*files).as_bytes(), "", everybody)


@pytest.fixture
def handler(monkeypatch):
    """The only handler takes files; what it takes is noted, and `fate` is called first."""
    seen: list[Mail] = []

    def take(mail: Mail) -> bool:
        take.fate()
        seen.append(mail)
        return True

    take.fate, take.seen = lambda: None, seen
    monkeypatch.setattr(incoming, "handlers", {"test": Handler(take, everybody)})
    return take


def the_row() -> IncomingMail:
    return IncomingMail.objects.get()


def waits_for_staff() -> None:
    raise CannotTake("Not today.")


def breaks() -> None:
    raise KeyError


def test_a_handler_that_takes_files_gets_them_byte_for_byte_and_then_they_are_gone(handler):
    take_in(with_files(("log.bin", PICTURE), ("empty.txt", b""), ("note.txt", b"bare\rreturn\r\nand\nfeed")).as_bytes())
    (mail,) = handler.seen
    assert [(file.name, file.content) for file in mail.files] == [
        ("log.bin", PICTURE), ("empty.txt", b""), ("note.txt", b"bare\rreturn\r\nand\nfeed"),
    ]  # fmt: skip
    assert mail.files[0].sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert all(file.is_here for file in mail.files)
    assert (the_row().state, the_row().source, bytes(the_row().files)) == ("taken", "", b"")


def test_nothing_of_a_private_mail_ever_stands_in_plain(handler):
    handler.fate = breaks
    take_in(with_files(("secret.txt", b"my secret file")).as_bytes())
    row = IncomingMail.objects.values().get()
    assert (row["state"], bool(row["source"]), bool(row["files"])) == ("received", True, True)
    assert not {"vera", "secret", "<1@x>"} & {word for value in row.values() for word in ("vera", "secret", "<1@x>") if word in str(value)}
    assert b"secret" not in bytes(row["files"])
    handler.fate = lambda: None
    assert incoming.handle(row["id"])
    assert handler.seen[0].files[0].content == b"my secret file"


def test_what_waits_for_staff_waits_without_its_files(handler):
    handler.fate = waits_for_staff
    take_in(with_files(("a.bin", PICTURE)).as_bytes())
    assert (the_row().state, bytes(the_row().files)) == ("quarantined", b"")
    assert the_row().mail.files[0].name == "a.bin"
    assert not the_row().mail.files[0].is_here
    assert the_row().mail.digest == the_row().digest, "it is the same mail without them"
    IncomingMail.objects.discard()
    assert the_row().source == ""


def test_a_mail_that_nobody_takes_files_of_has_none_in_its_row(monkeypatch):
    monkeypatch.setattr(incoming, "handlers", {"orders": Handler(lambda mail: 1 / 0)})
    take_in(with_files(("a.bin", PICTURE)).as_bytes())
    assert (the_row().state, bytes(the_row().files), the_row().mail.files) == ("received", b"", ())
    assert the_row().subject == "My secret subject"
    assert the_row().mail.attachments == ("application/octet-stream",)


def test_of_two_hundred_files_ten_are_taken_and_the_others_counted():
    mail = opened(*[(f"{number}.txt", b"%d" % number) for number in range(200)])
    assert not mail.problem
    assert [file.name for file in mail.files] == [f"{number}.txt" for number in range(10)]
    assert mail.files_left_out == 190


def test_a_file_that_is_too_large_is_left_out_and_the_others_are_taken():
    mail = opened(("large.bin", os.urandom(enclosed.LARGEST + 1)), ("small.bin", b"small"))
    assert ([file.name for file in mail.files], mail.files_left_out) == (["small.bin"], 1)


def test_mails_that_differ_in_a_file_are_two_and_the_same_one_is_one(handler):
    for content in (b"one", b"two", b"one"):
        take_in(with_files(("a.bin", content)).as_bytes())
    assert IncomingMail.objects.count() == len(handler.seen) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_text_is_kept_without_card_numbers_and_otherwise_as_it_is(encoding):
    text = f"Größe 12\r\nI paid with {CARD}, thanks\r\n"
    (dirty, clean) = opened(("a.log", text.encode(encoding)), ("b.log", text.replace(CARD, "cash").encode(encoding))).files
    kept = dirty.content.decode(encoding)
    assert "1111" not in kept
    assert kept.startswith("Größe 12\r\nI paid with removed-")
    assert kept.endswith(", thanks\r\n")
    assert clean.content == text.replace(CARD, "cash").encode(encoding)


@pytest.mark.parametrize("cut", [place + by for place in (enclosed.PIECE, 2 * enclosed.PIECE) for by in range(-40, 40, 7)])
def test_a_number_where_a_long_text_is_cut_is_found(cut):
    text = "x" * (cut - 1) + "\n" + CARD.replace(" ", "\n") + "\n" + "word\n" * enclosed.PIECE
    assert "1111" not in opened(("a.log", text.encode())).files[0].content.decode()


@pytest.mark.parametrize("digits", [b"1", b"1 ", b"1234 ", b"12345678\n"])
def test_endless_digits_hold_nobody_up(digits):
    begun = time.process_time()
    mail = opened(("a.txt", (digits * enclosed.LARGEST)[: enclosed.LARGEST]))
    assert time.process_time() - begun < 10
    assert (mail.files, mail.files_left_out) == ((), 1)


def test_ten_megabytes_are_opened_in_a_moment():
    raw = with_files(("a.bin", os.urandom(enclosed.LARGEST))).as_bytes()
    begun = time.process_time()
    mail = opened_mail(raw, "", everybody)
    assert time.process_time() - begun < 5
    assert mail.files[0].size == enclosed.LARGEST


@pytest.mark.parametrize("divider", [b"--b\n\n", b"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n", b"\n--", b"--b--\n"])
def test_endless_parts_hold_nobody_up(divider):
    begun = time.process_time()
    mail = opened_mail(b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n" + divider * 200_000, "", everybody)
    assert time.process_time() - begun < 5
    assert mail.problem or len(mail.files) <= enclosed.MOST_FILES


def test_names_are_one_line_and_signatures_of_the_mail_no_files():
    mail = with_files(("../../etc/passwd\x00", b"x"), ("Rechnung für März.pdf", b"x"))
    mail.add_attachment(b"x", "application", "pgp-signature", filename="signature.asc")
    mail.add_attachment(b"x", "image", "png")
    files = opened_mail(mail.as_bytes(), "", everybody).files
    assert [file.name for file in files] == ["../../etc/passwd", "Rechnung für März.pdf", "3.png"]


def test_without_a_database_a_mail_is_offered_again_and_not_taken_for_unreadable(monkeypatch):
    def away(mail):
        raise OperationalError("away")

    monkeypatch.setattr(incoming, "handlers", {"test": Handler(everybody, away)})
    with pytest.raises(OperationalError):
        take_in(with_files().as_bytes())


def test_who_knows_its_mails_by_their_address_is_asked_before_others(monkeypatch):
    monkeypatch.setattr(incoming, "handlers", {})
    for name in ("orders", "bounces"):
        handles(name)(everybody)
    handles("answers", before_others=True)(everybody)
    assert list(incoming.handlers) == ["answers", "orders", "bounces"]


@settings(max_examples=EXAMPLES // 4, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from([b"base64", b"quoted-printable", b"uuencode", b"x", b"\xff"]),
            st.binary(max_size=20) | st.sampled_from([b'attachment; filename="../a"', b"attachment; filename*=x'y'%FF", b"inline; filename=", b"attachment;" * 9]),
            st.binary(max_size=80),
        ),
        max_size=4,
    ),
    kind=st.sampled_from([b"application/octet-stream", b"text/plain", b"message/rfc822", b"multipart/mixed", b"\x00/", b"image/svg+xml"]),
)  # fmt: skip
def test_any_parts_are_opened(parts, kind):
    body = b"".join(
        b"--b\r\nContent-Type: %b\r\nContent-Transfer-Encoding: %b\r\nContent-Disposition: %b\r\n\r\n%b\r\n" % (kind, how, name, content)
        for how, name, content in parts
    )
    mail = opened_mail(b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--", "", everybody)
    assert Mail.of_text(mail.as_text(), mail.content()) == mail
    assert len(mail.files) <= 10
    assert all(file.is_here and file.name and "\n" not in file.name for file in mail.files)
