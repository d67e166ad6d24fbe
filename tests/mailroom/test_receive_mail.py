"""Mails come by a pipe or lie in a Maildir; each is taken once, and none is lost, whatever it looks like."""

import io
import os
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailroom import incoming
from mailroom.incoming import CannotTake, Handler, take_in
from mailroom.models import IncomingMail, OutgoingMail
from mailroom.opening import MOST_BYTES, opened_mail
from mailroom.tasks import handle_incoming_mails, read_maildir
from tests.mailroom.letters import letter
from tests.purchases.form_fuzz import EXAMPLES

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipe(monkeypatch):
    """Pipe a mail into the command, as a mail server does."""

    def deliver(raw: bytes, *arguments: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        call_command("receive_mail", *arguments)

    return deliver


@pytest.fixture
def read_by(monkeypatch):
    """The handlers are these and no others; what they take is noted."""

    def use(handler):
        monkeypatch.setattr(incoming, "handlers", {"test": Handler(handler)})

    return use


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    return tmp_path / "Maildir"


def the_mail() -> IncomingMail:
    return IncomingMail.objects.get()


def test_a_mail_from_the_pipe_is_taken_by_whoever_wants_it(pipe, read_by):
    seen = []
    read_by(lambda mail: bool(seen.append(mail)) or True)
    pipe(letter("Hello", subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=").as_bytes(), "--recipient", "Orders+X@vendor.example")
    (mail,) = seen
    assert (mail.subject, mail.text.strip(), mail.sender) == ("Grüße", "Hello", "orders@regsoft.example")
    assert mail.recipients == ("orders+x@vendor.example", "orders@vendor.example")
    assert (the_mail().state, the_mail().handler, the_mail().source) == ("taken", "test", "")


def test_nothing_is_ever_answered(pipe):
    pipe(letter("Hello").as_bytes())
    pipe(letter("I am away", Auto_Submitted="auto-replied", number="<2@x>").as_bytes())
    assert IncomingMail.objects.filter(state="quarantined").count() == 2
    assert not OutgoingMail.objects.exists()


def test_the_text_is_sealed_while_it_waits(pipe):
    pipe(letter("Between us: a secret").as_bytes())
    assert "Between us" not in the_mail().source
    assert "Between us" in the_mail().mail.text


def test_the_same_mail_by_two_ways_is_one(pipe):
    first = letter("Hello")
    pipe(first.as_bytes())
    first["Received"] = "from elsewhere by mx.example.net"
    pipe(first.as_bytes())
    pipe(letter("Hello, something else").as_bytes())
    assert IncomingMail.objects.count() == 2, "a Message-ID that is used again hides no other mail"


def test_a_handler_that_breaks_loses_no_mail(pipe, read_by, caplog):
    def breaks(mail):
        IncomingMail.objects.all().delete()
        raise KeyError("Alice@example.com")

    read_by(breaks)
    pipe(letter("Hello").as_bytes())
    assert (the_mail().state, the_mail().breaks) == ("received", 1)
    IncomingMail.objects.update(received_at="2020-01-01T00:00:00Z")
    assert handle_incoming_mails() == handle_incoming_mails() == 1
    assert (the_mail().state, the_mail().reason) == ("quarantined", "It broke (KeyError); the log tells where.")
    assert handle_incoming_mails() == 0


def test_a_handler_that_cannot_take_it_leaves_nothing_behind(pipe, read_by):
    def cannot(mail):
        OutgoingMail.objects.create(cause="x", to="x@example.com", subject="x")
        raise CannotTake("The moon is full.")

    read_by(cannot)
    pipe(letter("Hello").as_bytes())
    assert the_mail().reason == "The moon is full."
    assert not OutgoingMail.objects.exists()


def test_without_a_database_the_mail_server_keeps_the_mail(pipe, monkeypatch):
    def away(*_arguments, **_options):
        raise OperationalError("away")

    monkeypatch.setattr(IncomingMail.objects, "keep", away)
    with pytest.raises(SystemExit) as left:
        pipe(letter("Hello").as_bytes())
    assert left.value.code == os.EX_TEMPFAIL == 75


def test_without_a_database_the_command_itself_ends_with_75(tmp_path):
    environment = os.environ | {
        "INFACTA_MODE": "test",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    }
    command = [sys.executable, "manage.py", "receive_mail"]
    result = subprocess.run(command, input=letter("Hello").as_bytes(), env=environment, cwd=site.BASE_DIR, capture_output=True, check=False)
    assert result.returncode == 75
    assert b"Traceback" not in result.stderr


def test_a_mail_that_is_kept_is_not_offered_again_if_the_database_goes_then(pipe, read_by):
    def goes(mail):
        raise OperationalError("gone")

    read_by(goes)
    pipe(letter("Hello").as_bytes())
    assert the_mail().state == "received"


def test_a_maildir_is_read_and_left_empty(maildir, settings):
    for number in range(3):
        (maildir / "new" / f"{number}.mx").write_bytes(letter("Hello", number=f"<{number}@x>").as_bytes())
    (maildir / "new" / "folder").mkdir()
    (maildir / "new" / "link").symlink_to("/etc/hostname")
    settings.MAILDIR = str(maildir)
    assert read_maildir() == 3
    assert IncomingMail.objects.count() == 3
    assert sorted(path.name for path in (maildir / "new").iterdir()) == ["folder", "link"]
    assert not list((maildir / "cur").iterdir()), "for a file may hold what the site never keeps"
    assert read_maildir() == 0


def test_whoever_wants_the_files_finds_them_in_cur(maildir):
    (maildir / "new" / "1.mx").write_bytes(letter("Hello").as_bytes())
    call_command("receive_mail", "--maildir", str(maildir), "--keep")
    assert [path.name for path in (maildir / "cur").iterdir()] == ["1.mx:2,S"]


def test_a_maildir_waits_while_the_database_is_away(maildir, monkeypatch):
    def away(*_arguments, **_options):
        raise OperationalError("away")

    (maildir / "new" / "1.mx").write_bytes(letter("Hello").as_bytes())
    monkeypatch.setattr(IncomingMail.objects, "keep", away)
    with pytest.raises(SystemExit) as left:
        call_command("receive_mail", "--maildir", str(maildir))
    assert left.value.code == 75
    assert (maildir / "new" / "1.mx").exists()


def test_what_is_no_maildir_is_said(tmp_path):
    with pytest.raises(CommandError, match="is no Maildir"):
        call_command("receive_mail", "--maildir", str(tmp_path))


def test_without_a_maildir_the_sweep_has_nothing_to_do(settings):
    settings.MAILDIR = ""
    assert read_maildir() == 0


NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (depth, depth) for depth in range(90))
MAILS_IN_MAILS = b"Content-Type: message/rfc822\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "It is empty."),
        (b"\n\n\n", "It is empty."),
        (b"no header at all", "It has no headers."),
        (b"\x00\x01\xff" * 50, "It has no headers."),
        (b"Subject: x\n\n" + b"x" * (MOST_BYTES + 1), "It is longer than 15 MB; what stands here is its beginning."),
        (b"Subject: x\n\n" + b"x" * 300_000, "Its text is longer than 200000 characters; what stands here is its beginning."),
        (b"From: a@b.example\n" + NESTED, ""),
        (b"From: a@b.example\n" + MAILS_IN_MAILS * 90 + b"Subject: x\n\nx", ""),
        (b"From: a@b.example\n" + NESTED * 3, "It has more than 1000 parts, or 100 of parts within parts."),
        (b"From: a@b.example\nContent-Type: text/plain; charset=nonsense\n\nHi", "Nobody here expects such a mail."),
        (b"From: a@b.example\nContent-Type: text/plain; charset=zlib\n\nHi", "Nobody here expects such a mail."),
        (b"From: a@b.example\nContent-Type: text/plain; charset*=x'y'%FF\n\nHi", ""),
        (b"From: a@b.example\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!=", "Nobody here expects such a mail."),
        (b"From: a@b.example\nContent-Type: text/plain\nContent-Transfer-Encoding: uuencode\n\nbegin 6", ""),
        (b"From: =?utf-8?b?////?= <a@b.example>\nSubject: =?x?q?=FF?=\n\nHi", "Nobody here expects such a mail."),
        ("From: Jürgen <a@b.example>\nSubject: Grüße\n\nGrüße".encode("latin-1"), "Nobody here expects such a mail."),
        (b"From: a@b.example\nDate: 99 Foo 99999\n\nHi", "Nobody here expects such a mail."),
        (b"From: " + b"a@b.example, " * 20_000 + b"\n\nHi", "Nobody here expects such a mail."),
        (b"From: " + b"(" * 100_000 + b"\n\nHi", ""),
        (b"X: y\n" * 10_000 + b"\nHi", "It has no headers."),
        (b"From: a@b.example\nContent-Type: text/html\n\n" + b"<div>" * 50_000, ""),
        (b"From: a@b.example\nContent-Type: text/html\n\n" + b"<script><!--<style>" * 15_000, ""),
        (b"From: a@b.example\nContent-Type: text/html\n\n" + b"<" * 300_000, ""),
        (b"Subject: " + b"=?utf-8?q?" * 20_000 + b"\n\nHi", ""),
        (b"From: a@b.example\n\n" + b"4 " * 99_000, ""),
        (b"From: a@b.example\n\n" + b"a " * 99_000 + b":", ""),
    ],
    ids=range(26),
)
def test_no_mail_is_too_strange_to_keep(pipe, raw, reason):
    begun = time.monotonic()
    pipe(raw)
    assert time.monotonic() - begun < 5
    assert the_mail().state == "quarantined"
    assert reason in the_mail().reason


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    head=st.lists(
        st.sampled_from(["From", "To", "Subject", "Date", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]), max_size=5
    ),
    values=st.lists(
        st.binary(max_size=30)
        | st.sampled_from(
            [b"multipart/mixed; boundary=a", b"message/rfc822", b"base64", b"text/html; charset=utf-16", b"=?utf-7?b?x", b"a@b"]
        ),
        min_size=5,
        max_size=5,
    ),
    body=st.binary(max_size=100),
)
def test_any_bytes_are_opened(head, values, body):
    raw = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in zip(head, values, strict=False)) + b"\r\n" + body
    mail = opened_mail(raw)
    assert type(mail).of_text(mail.as_text()) == mail
    assert len(mail.digest) == 64
    assert mail.sent_at is None or mail.sent_at.tzinfo
    assert not mail.sender or "@" in mail.sender


def test_what_stands_in_the_row_is_what_the_database_takes(pipe):
    take_in(b"From: \x00\xed\xa0\x80@x.example\r\nSubject: \x00\xff" + b"s" * 3000 + b"\r\nMessage-ID: " + b"m" * 3000 + b"\r\n\r\n\x00")
    assert "\x00" not in the_mail().subject


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_card_number_in_an_encoded_part_of_a_mail_that_is_too_long_is_not_kept(encoding):
    """Such a mail is not decoded as a whole: what its beginning hides from the screen is left out."""
    card = b"4111 1111 1111 1111"
    told = b64encode(card) if encoding == "base64" else card.replace(b" ", b"=20")
    head = b"Subject: =?utf-8?b?%s?=\nContent-Type: text/plain\nContent-Transfer-Encoding: %s\n\n"
    mail = opened_mail(head % (b64encode(card), encoding.encode()) + told + b"\n" + b"further text\n" * 1_300_000)
    assert mail.problem
    assert b64encode(card).decode() not in mail.as_text()
    assert "4111" not in mail.as_text()


def test_a_mail_of_many_short_lines_within_many_parts_is_read_by_people_alone():
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number) for number in range(90))
    assert opened_mail(b"Subject: x\n" + nested + b"x\n" * 70_000).problem == "It has more lines than we read."


@pytest.mark.parametrize("parameters", [b";" * 500_000, b'a="' + b'\\";' * 300_000, b";\n " * 20_000])
def test_a_mail_with_endless_parameters_of_a_part_holds_nobody_up(parameters):
    begun = time.process_time()
    mail = opened_mail(b"Subject: x\nContent-Type: text/plain; " + parameters + b"\n\nx")
    assert mail.problem == "It has a header of a part that is longer than 4000 characters."
    assert time.process_time() - begun < 2
