"""Attachments and threads of outgoing mails: the row names what is enclosed, and whoever has it gives the bytes when it is sent."""

import hashlib

import pytest

from mailroom import attaching
from mailroom.attaching import Attachment, NothingToAttach
from mailroom.models import MailState, OutgoingMail
from mailroom.outgoing import write
from mailroom.tasks import send_due_mails
from tests.relay import running_relay

pytestmark = pytest.mark.django_db
STRANGE = b"bare\rreturn\nfeed\r\n.\r\n..dot\nFrom here\n" + b"x" * 5000 + bytes(range(256)) + "ü".encode() + b" \n\n"


@pytest.fixture
def relay(settings):
    with running_relay(settings) as relay:
        yield relay


@pytest.fixture
def store(monkeypatch) -> dict[str, bytes]:
    kept = {"1": STRANGE}

    def given(key: str) -> Attachment:
        if key not in kept:
            raise NothingToAttach("It is gone.")
        return Attachment("Protokoll für Ü.txt", kept[key])

    monkeypatch.setattr(attaching, "providers", {"store": given})
    return kept


def written(**headers: str) -> OutgoingMail:
    return write("accounts/no_account", to="vera@example.net", cause="x", set_password_url="http://localhost/", **headers)


@pytest.mark.parametrize("content", [STRANGE, b"bare\rreturn\nfeed\r\n.\r\n..dot\nFrom here\n", b"", b"\xff\xfeU\x00"])
def test_bytes_arrive_as_they_are_and_are_never_in_the_outbox(relay, store, content):
    store["1"] = content
    written(attached="store:1")
    assert "bare" not in str(OutgoingMail.objects.values().get())
    assert send_due_mails() == 1
    *_bodies, part = relay.received[0].walk()
    assert hashlib.sha256(part.get_payload(decode=True)).hexdigest() == hashlib.sha256(content).hexdigest()
    assert (part.get_content_type(), part.get_content_disposition()) == ("application/octet-stream", "attachment")
    assert part.get_filename() == "Protokoll für Ü.txt"


@pytest.mark.parametrize("attached", ["store:2", "nobody:1", "store:"])
def test_without_what_is_to_be_enclosed_the_mail_is_not_sent(relay, store, attached):
    mail = written(attached=attached)
    assert send_due_mails() == 0
    mail.refresh_from_db()
    assert mail.state == MailState.FAILED
    assert mail.answer in ("It is gone.", "Nobody gives what is attached: nobody.")
    assert not relay.received


def test_what_cannot_be_read_just_now_is_sent_later(relay, store, monkeypatch):
    def stuck(key: str) -> Attachment:
        raise OSError("the disk is away")

    monkeypatch.setattr(attaching, "providers", {"store": stuck})
    mail = written(attached="store:1")
    assert send_due_mails() == 0
    mail.refresh_from_db()
    assert mail.state == MailState.PENDING


def test_an_answer_goes_where_it_belongs_and_threads(relay):
    mail = written(reply_to="case+x@vendor.example", in_reply_to="<1@example.net>")
    assert send_due_mails() == 1
    sent = relay.received[0]
    assert (sent["Reply-To"], sent["In-Reply-To"], sent["References"]) == ("case+x@vendor.example", "<1@example.net>", "<1@example.net>")
    assert sent["Auto-Submitted"] == "auto-replied"
    mail.refresh_from_db()
    assert (mail.reply_to, mail.in_reply_to, mail.attached) == ("", "", ""), "destroyed with the text"


@pytest.mark.parametrize("number", ["", "none", "<a@b>\r\nBcc: all@example.com", "<a b@c>", "<ü@example.net>", "<" + "x" * 300 + "@y>"])
def test_what_is_no_message_id_is_left_out(relay, number):
    written(in_reply_to=number)
    assert send_due_mails() == 1
    assert (relay.received[0]["In-Reply-To"], relay.received[0]["Auto-Submitted"]) == (None, "auto-generated")
