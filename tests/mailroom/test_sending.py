"""Outgoing mail, through a real SMTP server."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from bench.own_servers import free_port
from mailroom import sending
from mailroom.models import MailState, OutgoingMail
from mailroom.outgoing import write
from mailroom.tasks import purge_mails, send_due_mails, send_mail
from tests.relay import Relay, running_relay
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def relay(settings) -> Iterator[Relay]:
    with running_relay(settings) as relay:
        yield relay


def pending(to: str = "alice@example.com", cause: str = "", **values) -> OutgoingMail:
    return OutgoingMail.objects.create(
        cause=cause or f"test:{to}", to=to, subject="Your codes", text="NTE-1 → here", html="<p>NTE-1</p>", **values
    )


def test_a_mail_is_sent_and_its_bodies_destroyed(relay):
    mail = pending()
    assert send_due_mails() == 1
    mail.refresh_from_db()
    assert mail.state == MailState.SENT
    assert mail.sent_at
    assert (mail.text, mail.html) == ("", "")
    message = relay.received[0]
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_sent_mail_is_not_sent_again(relay):
    mail = pending()
    assert send_due_mails() == 1
    assert send_mail(mail.pk) == send_due_mails() == 0
    assert len(relay.received) == 1


def test_many_mails_go_over_few_connections(relay):
    for number in range(30):
        pending(f"buyer{number}@example.com")
    assert send_due_mails() == 30
    assert relay.connections <= 2


def test_an_address_that_the_relay_refuses_fails_alone(relay):
    relay.answers["gone@example.com"] = "550 5.1.1 No such mailbox"
    gone, fine = pending("gone@example.com"), pending("fine@example.com")
    assert send_due_mails() == 1
    gone.refresh_from_db()
    fine.refresh_from_db()
    assert (gone.state, fine.state) == (MailState.FAILED, MailState.SENT)
    assert "No such mailbox" in gone.answer


def test_a_relay_that_is_busy_is_asked_again_later(relay):
    relay.answers["grey@example.com"] = "451 4.7.1 Greylisted"
    mail = pending("grey@example.com")
    assert send_due_mails() == 0
    mail.refresh_from_db()
    assert mail.state == MailState.PENDING
    assert mail.next_try_at > timezone.now() + timedelta(seconds=20)
    assert mail.text
    relay.answers.clear()
    OutgoingMail.objects.update(next_try_at=timezone.now())
    assert send_due_mails() == 1


def test_a_relay_that_wants_a_log_in_first_loses_nothing(relay):
    """Submission servers say so to the first mail (RFC 4954): that is to be mended in the settings, and no mail's fault."""
    relay.answers["alice@example.com"] = "530 5.7.0 Authentication required"
    mail = pending()
    send_due_mails()
    mail.refresh_from_db()
    assert (mail.state, bool(mail.text)) == (MailState.PENDING, True)


def test_a_relay_that_is_down_loses_nothing(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    mail = pending()
    assert send_due_mails() == 0
    mail.refresh_from_db()
    assert mail.state == MailState.PENDING
    assert mail.attempts == 1
    assert "refused" in mail.answer.lower()


def test_a_relay_that_is_away_is_asked_once_for_all_mails(settings, monkeypatch):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    asked = []
    connect = smtplib.SMTP.connect
    monkeypatch.setattr(smtplib.SMTP, "connect", lambda *args, **kwargs: asked.append(1) or connect(*args, **kwargs))
    for number in range(sending.BATCH + 5):
        pending(f"buyer{number}@example.com")
    assert send_due_mails() == 0
    assert len(asked) == 1
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {MailState.PENDING}


def test_a_relay_that_stays_busy_is_asked_ever_less_often(relay):
    relay.answers["alice@example.com"] = "451 Not now"
    mail, pauses = pending(), []
    for _try in range(14):
        OutgoingMail.objects.update(next_try_at=timezone.now())
        send_due_mails()
        mail.refresh_from_db()
        pauses.append(round((mail.next_try_at - timezone.now()).total_seconds()))
    assert mail.state == MailState.PENDING, "it is tried until its text is destroyed"
    assert pauses == sorted(pauses)
    assert pauses[-1] == sending.LONGEST_PAUSE.total_seconds()


def test_a_mail_that_failed_can_be_sent_again(relay):
    relay.answers["alice@example.com"] = "550 Mailbox full"
    mail = pending()
    send_due_mails()
    mail.refresh_from_db()
    assert mail.state == MailState.FAILED
    relay.answers.clear()
    assert mail.send_again()
    assert send_due_mails() == 1
    assert not mail.send_again()


def test_a_mail_that_cannot_be_written_holds_up_no_other(relay):
    broken, fine = pending("broken@example.com", message_id="<\ud7ff\n@x>"), pending("fine@example.com")
    assert send_due_mails() == 1
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, fine.state) == (MailState.FAILED, MailState.SENT)


def test_a_slow_relay_does_not_let_the_leases_of_a_batch_lapse(relay, monkeypatch):
    """Another worker looks after each mail of the first: what waits behind a slow mail has a fresh lease, or is the other's."""
    for number in range(3):
        pending(f"buyer{number}@example.com")
    hand_over = sending.hand_over

    def slowly(mail: OutgoingMail, connection: object) -> None:
        hand_over(mail, connection)
        OutgoingMail.objects.filter(state=MailState.SENDING).exclude(pk=mail.pk).update(lease_until=timezone.now())
        monkeypatch.setattr(sending, "hand_over", hand_over)
        send_due_mails()

    monkeypatch.setattr(sending, "hand_over", slowly)
    send_due_mails()
    assert relay.recipients == [f"buyer{number}@example.com" for number in range(3)], "nobody got a mail twice"


def test_the_log_names_no_address(relay, caplog):
    relay.answers["secret@example.com"] = "550 5.1.1 <secret@example.com> unknown"
    pending("secret@example.com")
    send_due_mails()
    [said] = [entry.getMessage() for entry in caplog.records if entry.name == "mailroom.sending"]
    assert "was not sent" in said
    assert "secret@" not in said


def test_a_line_break_in_a_subject_never_becomes_a_header(relay):
    mail = pending()
    OutgoingMail.objects.update(subject="Hello\r\nBcc: everybody@example.com")
    assert send_due_mails() == 0
    mail.refresh_from_db()
    assert mail.state == MailState.FAILED
    assert not relay.received


def test_the_claim_of_a_worker_that_died_lapses(relay):
    mail = pending()
    assert sending.claim(OutgoingMail.objects.all(), limit=10)  # and the worker is killed here
    assert send_due_mails() == 0
    OutgoingMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert send_due_mails() == 1
    assert relay.received[0]["Message-ID"] == mail.message_id


def test_a_worker_that_comes_back_late_changes_nothing(relay):
    pending()
    [late] = sending.claim(OutgoingMail.objects.all(), limit=1)
    OutgoingMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    [current] = sending.claim(OutgoingMail.objects.all(), limit=1)
    sending.postpone(late, "late news")
    current.refresh_from_db()
    assert (current.state, current.answer) == (MailState.SENDING, "")


def test_what_cannot_be_sent_in_a_week_is_destroyed(relay):
    old = pending("old@example.com", written_at=timezone.now() - timedelta(days=8), state=MailState.FAILED)
    ancient = pending("ancient@example.com", written_at=timezone.now() - timedelta(days=91), state=MailState.SENT)
    fresh = pending("fresh@example.com")
    purge_mails()
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.text, old.html, old.state) == ("", "", MailState.FAILED)
    assert fresh.text
    assert not OutgoingMail.objects.filter(pk=ancient.pk).exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_each_mail_once(relay):
    for number in range(60):
        pending(f"buyer{number}@example.com")

    assert sum(at_once(lambda _thread: sending.send_due(), range(6))) == 60
    assert len(relay.received) == len(set(relay.recipients)) == 60


@pytest.mark.django_db(transaction=True)
def test_a_mail_written_in_a_transaction_that_fails_is_never_sent(relay):
    facts = {"to": "alice@example.com", "set_password_url": "http://localhost/"}
    with transaction.atomic():
        write("accounts/no_account", cause="test:undone", **facts)
        transaction.set_rollback(True)
    assert send_due_mails() == 0
    with transaction.atomic():
        write("accounts/no_account", cause="test:done", **facts)
    assert send_due_mails() == 1
    assert len(relay.received) == 1
