"""Mails that come back: what makes a mailbox dead at once, what is counted, and what changes nothing (RFC 3464, RFC 3463)."""

import random
from base64 import encodebytes

import pytest
from django.conf import settings as site

from accounts.models import Suppression
from announcements.models import Announcement, Bounce, DeliveryState, Mailbox
from announcements.returned.bounces import MOST_IN_A_ROW, note_refusal
from announcements.tokens import verp_token
from audit.models import AuditEvent
from mailroom.incoming import take_in
from mailroom.models import IncomingMail, OutgoingMail
from mailroom.opening import opened_mail
from privacy.card_data import clean_text
from tests.announcements.bounced import NAMES, announcement, comes_back, delivered, returned
from tests.mailroom.letters import letter
from tests.threads import at_once

pytestmark = pytest.mark.django_db
DEAD = ["postfix", "exim", "exchange", "gmail", "qmail"]
NOTHING = ["delayed", "passed_on", "out_of_office"]


def suppressed(email: str = "alice@example.com") -> list[str]:
    return list(Suppression.objects.of(email).values_list("reason", flat=True))


@pytest.mark.parametrize("name", DEAD)
def test_a_mailbox_that_does_not_exist_gets_nothing_more(name):
    delivery = delivered()
    mail = comes_back(name, delivery)
    assert (mail.state, mail.handler, mail.source) == ("taken", "bounces and complaints", "")
    bounce = Bounce.objects.get()
    assert (bounce.kind, bounce.mailbox, bounce.announcement) == ("hard", delivery.mailbox, delivery.announcement)
    assert bounce.status == ("5.1.10" if name == "exchange" else "5.1.1")
    assert suppressed() == ["bounced"]
    assert Announcement.objects.get().bounced == 1
    assert not Mailbox.objects.reachable().exists()
    assert AuditEvent.objects.get(kind="address.suppressed").detail == {"reason": "bounced", "mailbox": delivery.mailbox.pk}


def test_staff_read_the_servers_words_without_the_address():
    comes_back("postfix", delivered())
    assert Suppression.objects.get().detail == "5.1.1 550 5.1.1 <…>: Recipient address rejected: User unknown in virtual mailbox table"


@pytest.mark.parametrize("name", NOTHING)
def test_what_may_still_arrive_or_was_answered_by_a_machine_counts_nothing(name):
    delivery = delivered()
    assert comes_back(name, delivery).state == "taken"
    assert not Bounce.objects.exists()
    assert not suppressed()
    assert Announcement.objects.get().bounced == 0


@pytest.mark.parametrize("name", ["full", "exim_plain"])
def test_what_may_pass_is_counted_and_the_mailbox_stays(name):
    delivery = delivered()
    assert comes_back(name, delivery).state == "taken"
    assert Bounce.objects.get().kind == "soft"
    assert not suppressed()
    assert (Mailbox.objects.get().soft_bounces, Announcement.objects.get().bounced) == (1, 1)


def test_five_announcements_in_a_row_that_did_not_arrive_are_enough():
    deliveries = [delivered(told=announcement(f"told-{number}")) for number in range(MOST_IN_A_ROW)]
    for delivery in random.Random(7).sample(deliveries, len(deliveries)):  # reports come in any order
        assert not suppressed()
        comes_back("full", delivery)
    assert suppressed() == ["bounced"]
    assert Suppression.objects.get().detail.startswith("5 in a row; the last: 5.2.2")


def test_a_mail_that_arrived_ends_the_row():
    for number in range(2 * MOST_IN_A_ROW):
        delivery = delivered(told=announcement(f"told-{number}"))
        if number != MOST_IN_A_ROW - 1:
            comes_back("full", delivery)
    assert Mailbox.objects.get().soft_bounces == MOST_IN_A_ROW, "the row begins anew after the one that arrived"


def test_four_reports_of_one_mail_are_no_row():
    delivery = delivered()
    for number in range(MOST_IN_A_ROW + 1):
        take_in(returned("full", delivery).replace(b"full@", f"full{number}@".encode()))
    assert IncomingMail.objects.count() == MOST_IN_A_ROW + 1
    assert (Bounce.objects.count(), Mailbox.objects.get().soft_bounces, Announcement.objects.get().bounced) == (1, 1, 1)


def test_first_not_now_and_then_never_is_one_mail_that_came_back():
    delivery = delivered()
    comes_back("full", delivery)
    comes_back("postfix", delivery)
    assert suppressed() == ["bounced"]
    assert (Bounce.objects.count(), Announcement.objects.get().bounced) == (2, 1)


@pytest.mark.parametrize("made_up", ["1-aaaaaaaaaaaa", "1", "", "0-", "9" * 30 + "-aaaaaaaaaaaa", "٣-aaaaaaaaaaaa"])
def test_a_forged_report_changes_nothing(made_up):
    delivery = delivered()
    take_in(returned("postfix", delivery, token=made_up))
    assert not Bounce.objects.exists()
    assert not suppressed()


def test_a_good_token_at_another_domain_changes_nothing():
    delivery = delivered()
    elsewhere = returned("postfix", delivery).replace(f"@{site.MAIL_DOMAIN}".encode(), b"@elsewhere.example")
    assert take_in(elsewhere).pk
    assert not Bounce.objects.exists()


def test_the_mail_servers_recipient_counts_whatever_to_says():
    delivery = delivered()
    raw = returned("postfix", delivery).replace(b"\nTo: bounce+", b"\nTo: undisclosed+")
    take_in(raw, f"Bounce+{verp_token(delivery.pk).upper()}@{site.MAIL_DOMAIN.upper()}")
    assert suppressed() == ["bounced"]


def test_what_a_person_writes_there_is_read_by_staff():
    delivery = delivered()
    take_in(
        letter(
            "Please call me: 550 5.1.1", sender="alice@example.com", to=f"bounce+{verp_token(delivery.pk)}@{site.MAIL_DOMAIN}"
        ).as_bytes()
    )
    assert (IncomingMail.objects.get().state, Bounce.objects.count()) == ("quarantined", 0)


def test_a_report_about_a_delivery_that_is_deleted_is_taken():
    delivery = delivered()
    raw = returned("postfix", delivery)
    delivery.delete()
    assert IncomingMail.objects.get(pk=take_in(raw).pk).state == "taken"
    assert not suppressed()


@pytest.mark.parametrize(
    ("status", "kind"), [("5.1.1", "hard"), ("5.1.8", "soft"), ("5.2.1", "soft"), ("4.1.1", "soft"), ("5.7.1", "soft"), ("", "soft")]
)
def test_the_status_decides(status, kind):
    delivery = delivered()
    raw = returned("postfix", delivery)
    start = raw.index(b"Status: 5.1.1")
    take_in(raw[:start] + f"Status: {status}\n\n--4D1A2B3C.1767323045/mx.example.net--\n".encode())
    assert Bounce.objects.get().kind == kind


def test_a_report_packed_in_base64_is_read_too():
    delivery = delivered()
    raw = returned("postfix", delivery)
    start, end = raw.index(b"Reporting-MTA"), raw.index(b"--4D1A2B3C.1767323045/mx.example.net\nContent-Description: Undelivered")
    packed = raw[:start].removesuffix(b"\n") + b"Content-Transfer-Encoding: base64\n\n" + encodebytes(raw[start:end]) + b"\n" + raw[end:]
    take_in(packed.replace(b"message/delivery-status", b"message/global-delivery-status"))
    assert suppressed() == ["bounced"]


def test_the_relays_own_refusal_suppresses_too():
    delivery = delivered(state=DeliveryState.FAILED)
    assert not note_refusal(delivery, "550 5.7.1 we do not like you")
    assert note_refusal(delivery, "550 5.1.1 <alice@example.com> unknown")
    assert not note_refusal(delivery, "550 5.1.1 <alice@example.com> unknown")
    assert suppressed() == ["bounced"]
    assert Announcement.objects.get().bounced == 0, "it is counted as failed"


def test_nothing_is_answered():
    for name in NAMES:
        comes_back(name, delivered(told=announcement(name)))
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_one_report_by_eight_ways_at_once_counts_once():
    delivery = delivered()
    raw = returned("postfix", delivery)
    at_once(lambda number: take_in(raw.replace(b"20260102", f"2026010{number}".encode())), range(1, 9))
    assert (Bounce.objects.count(), Suppression.objects.count(), Announcement.objects.get().bounced) == (1, 1, 1)


def test_no_token_is_lost_because_its_digits_look_like_a_card_number():
    """Some of them do; every one comes through."""
    tokens = [verp_token(number) for number in range(10_000_000, 10_003_000)]
    assert any(clean_text(token) != token for token in tokens)
    for token in tokens:
        address = f"bounce+{token}@{site.MAIL_DOMAIN}"
        assert opened_mail(b"To: x@y.example\n\nx", address).recipients[0] == address
