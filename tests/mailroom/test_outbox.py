"""What stands in the outbox about one matter can be destroyed, in whatever state it is, and nothing brings it back."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from mailroom import outbox, sending
from mailroom.models import MailState, OutgoingMail
from mailroom.outbox import causes_left, destroy_copies
from mailroom.tasks import send_due_mails
from tests.relay import running_relay
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PREFIX = "case:1:"


def written(occasion: str = "opened", prefix: str = PREFIX, **values) -> OutgoingMail:
    facts = {
        "to": "vera@example.net",
        "subject": "Your case",
        "text": "canary",
        "html": "<p>canary</p>",
        "reply_to": "case+canary@vendor.example",
    }
    return OutgoingMail.objects.create(cause=f"{prefix}{occasion}", **(facts | values))


@pytest.fixture
def files(settings) -> Path:
    settings.EMAIL_BACKEND = "mailroom.backends.EmlFileBackend"
    return settings.MAIL_DIR


@pytest.fixture
def relay(settings):
    with running_relay(settings) as relay:
        yield relay


@pytest.mark.parametrize("state", [MailState.PENDING, MailState.SENT, MailState.FAILED])
def test_mails_go_in_every_state_and_those_of_other_matters_stay(state, relay):
    written(state=state)
    other = written(prefix="case:12:")
    assert causes_left([PREFIX])
    assert destroy_copies([PREFIX]) == 1
    assert not causes_left([PREFIX])
    assert destroy_copies([PREFIX]) == 0
    assert list(OutgoingMail.objects.all()) == [other]
    assert send_due_mails() == 1


def test_without_a_prefix_nothing_is_destroyed():
    written()
    for call in (destroy_copies, causes_left):
        with pytest.raises(ValueError, match="every mail"):
            call([""])
    assert OutgoingMail.objects.exists()


def test_files_of_development_go_too_finished_or_not(files):
    mail, other = written(), written(prefix="case:12:")
    assert send_due_mails() == 2
    name = outbox.eml_name(mail.message_id)
    (files / f"{name}.0a1b.tmp").write_text("canary")
    assert destroy_copies([PREFIX]) == 1
    assert [path.name for path in files.iterdir()] == [outbox.eml_name(other.message_id)]


def test_a_file_that_cannot_be_deleted_keeps_its_row_and_no_other(files, monkeypatch):
    stuck = written()
    assert send_due_mails() == 1
    written("answered")
    (files / outbox.eml_name(stuck.message_id)).unlink()
    (files / outbox.eml_name(stuck.message_id)).mkdir()  # which no unlink removes
    assert destroy_copies([PREFIX]) == 1
    assert causes_left([PREFIX])
    (files / outbox.eml_name(stuck.message_id)).rmdir()
    assert destroy_copies([PREFIX]) == 1
    assert not causes_left([PREFIX])


def test_a_claimed_mail_that_is_not_handed_over_yet_never_is(relay):
    written()
    [mail] = sending.claim(OutgoingMail.objects.all(), limit=1)
    destroy_copies([PREFIX])
    assert causes_left([PREFIX]), "for a worker has it in hand"
    assert OutgoingMail.objects.values_list("text", "html", "reply_to").get() == ("", "", "")
    assert sending.send_batch([mail]) == 0
    assert not relay.received
    assert destroy_copies([PREFIX]) == 1, "the worker has let it go"


def test_a_worker_that_has_the_mail_in_hand_brings_nothing_back(files, monkeypatch):
    """It is destroyed between the hand-over's begin and its end."""
    hand_over = sending.hand_over

    def meanwhile(mail, relay):
        assert destroy_copies([PREFIX]) == 0
        assert causes_left([PREFIX])
        hand_over(mail, relay)

    monkeypatch.setattr(sending, "hand_over", meanwhile)
    written()
    send_due_mails()
    assert not list(files.iterdir())
    assert destroy_copies([PREFIX]) == 1
    assert not causes_left([PREFIX])


def test_a_worker_that_died_with_the_mail_in_hand_holds_it_up_for_five_minutes(relay):
    written()
    sending.claim(OutgoingMail.objects.all(), limit=1)
    destroy_copies([PREFIX])
    assert destroy_copies([PREFIX]) == 0
    assert send_due_mails() == 0
    OutgoingMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert send_due_mails() == 0, "an abandoned claim of a destroyed mail is nobody's work"
    assert destroy_copies([PREFIX]) == 1


def test_what_was_withdrawn_cannot_be_sent_again(relay):
    mail = written()
    sending.claim(OutgoingMail.objects.all(), limit=1)
    destroy_copies([PREFIX])
    assert not OutgoingMail.objects.get(pk=mail.pk).send_again()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_senders_and_destroyers_side_by_side(files):
    """Whoever comes first: in the end neither row nor file is there."""
    for number in range(200):
        written(str(number))

    def work(number: int) -> int:
        return destroy_copies([PREFIX]) if number % 3 == 0 else sending.send_due()

    at_once(work, range(6))
    destroy_copies([PREFIX])
    assert not causes_left([PREFIX])
    assert not list(files.iterdir()) if files.is_dir() else True
