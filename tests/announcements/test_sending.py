"""Sending an announcement, through a real SMTP server."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from typing import ClassVar

import pytest
import requests
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused, AnymailUnsupportedFeature
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from accounts.models import Hold, Suppression, User
from accounts.models.marketing_choice import ChoiceOrigin
from accounts.models.suppression import SuppressionReason, digest_of
from announcements.models import Announcement, Basis, Delivery, DeliveryState, Mailbox, Relay, State
from announcements.sending import queue, working
from announcements.sending.lines import SmtpMails
from announcements.sending.releasing import recipients_of
from announcements.sending.starting import begin
from announcements.sending.unknown import send_again
from announcements.tasks import reclaim_deliveries
from announcements.writing.content import contents
from audit.kinds import Kind
from audit.models import AuditEvent
from bench.own_servers import free_port
from tests.announcements.mailing import adds_up, counters, join, make_announcement, make_customers, send_all
from tests.announcements.smtp_server import DROP, SmtpServer, smtp_server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings) -> Iterator[SmtpServer]:
    settings.CELERY_BROKER_URL = ""
    with smtp_server(settings) as server:
        yield server


def states(announcement: Announcement) -> dict[str, str]:
    return dict(announcement.deliveries.values_list("mailbox__email", "state"))


def test_everybody_gets_it_once(server):
    make_customers(45)
    announcement = send_all(make_announcement())
    assert server.counts == {f"r{number}@example.com": 1 for number in range(45)}
    assert announcement.state == State.SENT
    assert announcement.ended_at
    assert counters(announcement) == {"total": 45, "sent": 45}
    assert adds_up(announcement)
    assert server.connections == 1
    event = AuditEvent.objects.get(kind=Kind.ANNOUNCEMENT_SENT)
    assert event.detail == {"announcement": announcement.pk, "total": 45, "sent": 45, "failed": 0, "skipped": 0, "unknown": 0}
    send_all(announcement)
    assert len(server.received) == 45


def test_before_its_time_nothing_happens(server, alice):
    announcement = send_all(make_announcement(send_at=timezone.now() + timedelta(hours=1)))
    assert announcement.state == State.SCHEDULED
    assert not server.received


def test_customers_who_joined_too_get_it_once_as_customers(server, alice):
    join("alice@example.com")
    join("joined@example.net")
    join("waits@example.net", state="pending")
    announcement = send_all(make_announcement())
    assert sorted(server.counts) == ["Alice@example.com", "joined@example.net"]
    assert set(announcement.deliveries.values_list("mailbox__email_key", "basis")) == {
        ("alice@example.com", Basis.CUSTOMER),
        ("joined@example.net", Basis.JOINED),
    }
    mailbox = Mailbox.objects.get(email_key="alice@example.com")
    assert (mailbox.user, mailbox.digest, len(mailbox.token)) == (alice, digest_of("alice@example.com"), 32)
    assert Mailbox.objects.get(email_key="joined@example.net").user is None


def test_who_refused_is_not_listed(server, alice, bob, mallory):
    alice.opt_out(ChoiceOrigin.PREFERENCES)
    Mailbox.objects.create(email=bob.email, user=bob, wants_releases=False)
    join("bounced@example.net")
    Suppression.objects.suppress(digest_of("bounced@example.net"), SuppressionReason.BOUNCED)
    announcement = send_all(make_announcement())
    assert list(server.counts) == ["mallory@example.net"]
    assert counters(announcement) == {"total": 1, "sent": 1}


def test_an_address_that_was_erased_and_bought_again_keeps_its_token(server, alice):
    erased = Mailbox.objects.create(email=alice.email)
    Mailbox.objects.filter(pk=erased.pk).update(email="", email_key=None)
    send_all(make_announcement())
    mailbox = Mailbox.objects.get()
    assert (mailbox.pk, mailbox.token, mailbox.email, mailbox.user) == (erased.pk, erased.token, alice.email, alice)


def test_an_empty_audience_ends_at_once(server):
    announcement = send_all(make_announcement())
    assert (announcement.state, announcement.total) == (State.SENT, 0)
    assert not server.connections


def test_listing_in_many_ranges_is_the_same_as_in_one(server, monkeypatch):
    monkeypatch.setattr("announcements.sending.listing.RANGE", 7)
    make_customers(30)
    for number in range(25, 40):
        join(f"r{number}@example.com")
    announcement = send_all(make_announcement())
    assert counters(announcement) == {"total": 40, "sent": 40}
    assert set(server.counts.values()) == {1}


def test_listed_twice_is_the_same(server):
    make_customers(10)
    announcement = make_announcement(state=State.PREPARING, frozen_subject="x", frozen_text="x", frozen_html="x")
    working.prepare(announcement, until=1e12)
    Announcement.objects.update(state=State.PREPARING, last_user=0)
    announcement.refresh_from_db()
    working.prepare(announcement, until=1e12)
    announcement.refresh_from_db()
    assert announcement.total == Delivery.objects.count() == Mailbox.objects.count() == 10


@pytest.mark.parametrize("body", ["{{ nonsense }}", "Hello {{ user }}"])
def test_a_text_that_makes_no_mail_stops_before_the_first_one(server, alice, body):
    announcement = send_all(make_announcement(body=body))
    assert announcement.state == State.DRAFT
    assert "placeholder" in announcement.pause_reason
    assert not server.received
    assert not Delivery.objects.exists()
    assert AuditEvent.objects.filter(kind=Kind.ANNOUNCEMENT_PAUSED).count() == 1


def test_what_is_changed_after_the_start_is_not_sent(server, alice):
    announcement = make_announcement()
    have_listed(announcement)
    Announcement.objects.update(body="Changed", subject="Changed")
    send_all(announcement)
    assert "faster" in server.received[0].message.get_body(("plain",)).get_content()
    assert server.received[0].message["Subject"] == "Notebook 3.1 is here"


def have_listed(announcement: Announcement) -> None:
    assert begin(announcement)
    announcement.refresh_from_db()
    working.prepare(announcement, until=1e12)


# What the relay says


def test_a_final_refusal_fails_and_a_temporary_one_is_tried_again(server):
    make_customers(40)
    server.tempers |= {("rcpt", "r3@example.com"): "550 5.1.1 No such mailbox", ("rcpt", "r4@example.com"): "451 4.7.1 Greylisted"}
    announcement = send_all(make_announcement())
    assert announcement.state == State.SENDING
    assert counters(announcement) == {"total": 40, "sent": 38, "failed": 1}
    failed, grey = Delivery.objects.get(mailbox__email="r3@example.com"), Delivery.objects.get(mailbox__email="r4@example.com")
    assert (failed.state, failed.answer) == (DeliveryState.FAILED, "550 5.1.1 No such mailbox")
    assert (grey.state, grey.attempts) == (DeliveryState.RETRY, 1)
    assert grey.next_try_at > timezone.now() + timedelta(seconds=50)
    send_all(announcement)
    assert len(server.received) == 38
    del server.tempers["rcpt", "r4@example.com"]
    send_all(announcement, times=2)
    send_all(announcement)
    assert announcement.state == State.SENT
    assert counters(announcement) == {"total": 40, "sent": 39, "failed": 1}
    assert adds_up(announcement)


def test_a_mailbox_that_does_not_exist_is_never_written_to_again(server, alice, bob):
    server.tempers["rcpt", alice.email] = "550 5.1.1 No such user here"
    server.tempers["rcpt", bob.email] = "550 5.7.1 Your mail looks like spam"
    assert counters(send_all(make_announcement())) == {"total": 2, "failed": 2}
    assert counters(send_all(make_announcement())) == {"total": 1, "failed": 1}, "Bob alone is tried again"
    assert Suppression.objects.get(reason="bounced").detail.startswith("5.1.1 550")


def test_retries_end(server, alice):
    server.tempers["rcpt", alice.email] = "451 Not now"
    announcement = send_all(make_announcement(), times=working.MOST_ATTEMPTS + 1)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, working.MOST_ATTEMPTS)
    assert "Given up" in delivery.answer
    assert announcement.state == State.SENT


def test_a_connection_that_ends_before_the_dot_costs_nothing(server):
    make_customers(30)
    server.tempers["data", 5] = DROP
    announcement = send_all(make_announcement(), times=2)
    send_all(announcement)
    assert set(server.counts.values()) == {1}
    assert counters(announcement) == {"total": 30, "sent": 30}
    assert set(Delivery.objects.filter(attempts__gt=1).values_list("attempts", flat=True)) == {2}
    assert Delivery.objects.filter(attempts__gt=1).count() == 1


def test_a_connection_that_ends_after_the_dot_leaves_one_unknown_and_never_mails_it_again(server):
    make_customers(30)
    server.tempers["dot", 5] = DROP
    announcement = send_all(make_announcement(), times=3)
    assert set(server.counts.values()) == {1}
    assert counters(announcement) == {"total": 30, "sent": 29, "unknown": 1}
    assert announcement.state == State.SENT
    assert adds_up(announcement)


def test_a_relay_that_is_away_is_waited_for(server, settings, alice):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    announcement = send_all(make_announcement())
    assert (announcement.state, Delivery.objects.get().attempts) == (State.SENDING, 0)
    assert Relay.objects.get().free_at > timezone.now() + timedelta(seconds=20)
    settings.EMAIL_PORT = port
    Relay.objects.update(free_at=timezone.now())
    assert send_all(announcement).state == State.SENT


def test_a_relay_that_refuses_the_log_in_pauses_it(server, settings, alice):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "site", "wrong"
    server.log_in = "535 5.7.8 Who are you?"
    announcement = send_all(make_announcement())
    assert announcement.state == State.PAUSED
    assert "535" in announcement.pause_reason
    settings.EMAIL_HOST_USER = ""
    announcement.resume()
    assert send_all(announcement).state == State.SENT


def test_when_errors_rise_it_pauses_by_itself(server):
    make_customers(300)
    server.tempers |= {("rcpt", f"r{number}@example.com"): "554 5.7.1 Your mail looks like spam" for number in range(300)}
    announcement = send_all(make_announcement())
    assert announcement.state == State.PAUSED
    assert "looks like spam" in announcement.pause_reason
    assert announcement.failed <= 40
    assert AuditEvent.objects.filter(kind=Kind.ANNOUNCEMENT_PAUSED).count() == 1
    server.tempers.clear()
    announcement.resume()
    announcement = send_all(announcement)
    assert announcement.state == State.SENT
    assert adds_up(announcement)


# Pausing, cancelling, leaving


def test_a_pause_holds_within_a_group(server, monkeypatch):
    make_customers(100)
    announcement = make_announcement()
    act_after(monkeypatch, 30, lambda: announcement.pause("Wait"))
    send_all(announcement)
    assert len(server.received) == 40
    assert announcement.state == State.PAUSED
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent", "pending"}
    send_all(announcement)
    assert len(server.received) == 40
    announcement.resume()
    announcement = send_all(announcement)
    assert announcement.state == State.SENT
    assert set(server.counts.values()) == {1}
    assert adds_up(announcement)


def act_after(monkeypatch, mails: int, act) -> None:
    """Somebody acts once the relay was given so many mails, and before what it said is written down."""
    send, given = SmtpMails.send, []

    def send_and_act(line, group, until):
        outcomes = send(line, group, until)
        before = len(given)
        given.extend(group)
        if before < mails <= len(given):
            act()
        return outcomes

    monkeypatch.setattr(SmtpMails, "send", send_and_act)


def test_what_waits_of_a_cancelled_one_is_skipped(server, monkeypatch):
    make_customers(100)
    announcement = make_announcement()
    act_after(monkeypatch, 30, announcement.cancel)
    send_all(announcement)
    reclaim_deliveries()
    assert counters(announcement) == {"total": 100, "sent": len(server.received), "skipped": 100 - len(server.received)}
    assert len(server.received) <= 40
    assert adds_up(announcement)


def test_who_leaves_while_it_is_sent_gets_nothing_more(server, monkeypatch):
    monkeypatch.setattr("announcements.sending.rate.CHUNK", 40)
    make_customers(100)
    announcement = make_announcement()
    user = User.objects.get(email="r90@example.com")
    act_after(monkeypatch, 20, lambda: user.opt_out(ChoiceOrigin.PREFERENCES))
    send_all(announcement)
    assert states(announcement)["r90@example.com"] == DeliveryState.SKIPPED
    assert counters(announcement) == {"total": 100, "sent": 99, "skipped": 1}
    assert "r90@example.com" not in server.counts


@pytest.mark.parametrize("change", [{"wants_releases": False}, {"email": "", "email_key": None}, {"user": None}])
def test_what_changed_since_the_listing_counts(server, alice, change):
    announcement = make_announcement()
    have_listed(announcement)
    Mailbox.objects.update(**change)
    send_all(announcement)
    assert not server.received
    assert counters(announcement) == {"total": 1, "skipped": 1}
    assert Delivery.objects.get().answer


def test_an_address_that_changed_since_gets_nothing(server, alice):
    announcement = make_announcement()
    have_listed(announcement)
    User.objects.update(email="new@example.com", email_key="new@example.com")
    send_all(announcement)
    assert not server.received


# Rate, leases


def test_the_rate_is_kept(server, settings):
    settings.ANNOUNCEMENTS_PER_SECOND = 10
    make_customers(25)
    began = timezone.now()
    send_all(make_announcement())
    assert len(server.received) == 25
    assert 1.9 <= (timezone.now() - began).total_seconds() < 4


def test_a_slow_rate_does_not_hold_a_worker(server, settings):
    settings.ANNOUNCEMENTS_PER_SECOND = 0.01
    make_customers(3)
    announcement = make_announcement()
    began = timezone.now()
    for _sweep in range(3):
        send_all(announcement)
    assert len(server.received) == 1
    assert (timezone.now() - began).total_seconds() < 2


def test_a_lapsed_claim_waits_again_and_what_was_on_the_wire_is_unknown(server):
    make_customers(3)
    announcement = make_announcement()
    have_listed(announcement)
    held = queue.claim(announcement.pk, 2)
    assert len(queue.turn(held, [], held.deliveries[:1])) == 1
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reclaim_deliveries() == 2
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["pending", "pending", "unknown"]
    late = queue.Result(held.deliveries[0], DeliveryState.SENT, "250 OK", timezone.now())
    assert queue.turn(held, [late], held.deliveries[1:]) == {}
    assert counters(announcement) == {"total": 3, "unknown": 1}
    send_all(announcement)
    assert counters(announcement) == {"total": 3, "sent": 2, "unknown": 1}
    assert adds_up(announcement)


# Unknown ones


def test_unknown_ones_are_sent_again_when_staff_say_so_and_once(server, ada):
    make_customers(5)
    server.tempers["dot", 2] = DROP
    announcement = send_all(make_announcement(), times=2)
    assert (announcement.state, announcement.unknown) == (State.SENT, 1)
    assert send_again(announcement, by=ada) == 1
    assert send_again(announcement, by=ada) == 0
    announcement.refresh_from_db()
    assert (announcement.state, announcement.ended_at) == (State.SENDING, None)
    send_all(announcement)
    assert counters(announcement) == {"total": 5, "sent": 5}
    assert adds_up(announcement)
    assert sorted(server.counts.values()) == [1, 1, 1, 1, 2]
    event = AuditEvent.objects.get(kind=Kind.DELIVERIES_SENT_AGAIN)
    assert (event.actor, event.detail) == (ada, {"announcement": announcement.pk, "count": 1})
    again = [received for received in server.received if server.counts[received.recipient] == 2]
    assert len({received.message["Message-ID"] for received in again}) == 1


def test_of_a_cancelled_one_nothing_is_sent_again(server, ada):
    make_customers(5)
    server.tempers["dot", 2] = DROP
    announcement = send_all(make_announcement())
    Announcement.objects.update(state=State.CANCELLED)
    assert send_again(announcement, by=ada) == 0


# Other backends


def test_files_in_development(server, settings, alice):
    settings.EMAIL_BACKEND = "mailroom.backends.EmlFileBackend"
    announcement = send_all(make_announcement())
    assert announcement.state == State.SENT
    (file,) = settings.MAIL_DIR.glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["To"], message["Precedence"]) == (alice.email, "bulk")
    assert not server.received


class Provider(BaseEmailBackend):
    """A provider's library, as django-anymail behaves, with the temper that the test gives it."""

    error: Exception | None = None
    taken: ClassVar[list] = []

    def send_messages(self, messages):
        if self.error:
            raise self.error
        self.taken.extend(messages)
        return len(messages)


def answered(status: int) -> AnymailAPIError:
    response = requests.Response()
    response.status_code = status
    return AnymailAPIError("What it said", status_code=status, response=response)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (None, "sent"),
        (AnymailRecipientsRefused("nobody"), "failed"),
        (AnymailUnsupportedFeature("metadata"), "failed"),
        (answered(400), "failed"),
        (answered(429), "retry"),
        (answered(401), "retry"),
        (answered(500), "unknown"),
        (AnymailAPIError("No answer"), "unknown"),
        (TimeoutError("timed out"), "unknown"),
    ],
)
def test_a_provider_is_believed_only_what_it_says(settings, alice, monkeypatch, error, state):
    settings.EMAIL_BACKEND = "tests.announcements.test_sending.Provider"
    monkeypatch.setattr(Provider, "error", error)
    monkeypatch.setattr(Provider, "taken", [])
    announcement = send_all(make_announcement())
    delivery = announcement.deliveries.get()
    assert delivery.state == state
    if not error:
        assert Provider.taken[0].metadata == {"delivery": delivery.pk}


# Whom it is for


def test_who_joined_does_not_stand_in_the_way_of_a_mail_for_owners(server, notebook, alice, bob):
    join("joined@example.net")
    announcement = make_announcement()
    announcement.conditions.create(audience="product", value=str(notebook.pk))
    announcement = send_all(announcement)
    assert announcement.state == State.SENT
    assert list(server.counts) == [alice.email]


def test_a_kind_of_audience_that_is_gone_is_nobody_and_holds_nothing_up(server, alice):
    join("joined@example.net")
    announcement = make_announcement()
    announcement.conditions.create(audience="removed", value="1")
    assert recipients_of(announcement) == 0
    announcement = send_all(announcement)
    assert (announcement.state, announcement.total) == (State.SENT, 0)


def test_a_customer_whose_account_was_stopped_since_the_listing_gets_nothing(server, alice, sam):
    announcement = make_announcement()
    have_listed(announcement)
    Hold.objects.create(user=alice, reason="stolen", text="We look into it.")
    send_all(announcement)
    assert not server.received
    assert counters(announcement) == {"total": 1, "skipped": 1}


# What is broken


def test_an_announcement_that_cannot_go_on_pauses_and_holds_no_other_up(server, alice):
    broken, sound = make_announcement(), make_announcement()
    have_listed(broken)
    Announcement.objects.filter(pk=broken.pk).update(frozen_text="{{ removed_since }}")
    send_all(sound)
    broken.refresh_from_db()
    assert (broken.state, sound.state) == (State.PAUSED, State.SENT)
    assert "removed_since" in broken.pause_reason


def test_a_fault_in_one_announcement_holds_no_other_up(server, alice, monkeypatch):
    broken, sound = make_announcement(), make_announcement()
    have_listed(broken)
    work = working.work

    def fails_for_one(announcement_id, seconds):
        if announcement_id == broken.pk:
            raise RuntimeError
        return work(announcement_id, seconds)

    monkeypatch.setattr(working, "work", fails_for_one)
    assert send_all(sound).state == State.SENT


def test_a_relay_whose_answers_hold_what_no_database_takes(server):
    make_customers(3)
    server.tempers |= {("rcpt", "r1@example.com"): "550 5.7.1 No\x00 \x07thanks", ("dot", "r2@example.com"): "250 \x00 Taken"}
    announcement = send_all(make_announcement())
    assert counters(announcement) == {"total": 3, "sent": 2, "failed": 1}
    assert Delivery.objects.get(state="failed").answer == "550 5.7.1 No thanks"


@pytest.mark.parametrize("reply", ["What?", "354 Go on", "123 Wait"])
def test_an_answer_to_the_dot_that_says_neither_yes_nor_no_is_unknown(server, reply):
    make_customers(3)
    server.tempers["dot", "r1@example.com"] = reply
    announcement = send_all(make_announcement(), times=2)
    assert set(server.counts.values()) == {1}, "nobody gets it twice"
    assert counters(announcement) == {"total": 3, "sent": 2, "unknown": 1}


def test_why_it_paused_names_no_address(server):
    make_customers(30)
    server.tempers |= {("rcpt", f"r{number}@example.com"): f"554 <r{number}@example.com>: unwanted" for number in range(30)}
    announcement = send_all(make_announcement())
    assert announcement.state == State.PAUSED
    assert announcement.pause_reason.endswith("554 <…>: unwanted")


def test_errors_are_counted_beyond_the_seconds_of_one_worker(server, settings, monkeypatch):
    settings.ANNOUNCEMENTS_PER_SECOND = 7
    monkeypatch.setattr("announcements.tasks.SECONDS_WITHOUT_BROKER", 0.9)  # time for the mails of one grant
    make_customers(60)
    server.tempers |= {("rcpt", f"r{number}@example.com"): "554 5.7.1 Unwanted" for number in range(60)}
    announcement = make_announcement()
    have_listed(announcement)
    for _run in range(5):
        send_all(announcement)
        Relay.objects.update(free_at=timezone.now())
    assert announcement.state == State.PAUSED
    assert announcement.failed == 21
    announcement.resume()
    send_all(announcement)
    assert (announcement.state, announcement.failed) == (State.SENDING, 28), "after a pause they are counted anew"


# The start


def test_what_was_withdrawn_changed_and_released_again_meanwhile_does_not_go_out_as_it_was(server, alice, monkeypatch):
    announcement = make_announcement()

    def contents_while_it_changes(old):
        content = contents(old)
        assert announcement.withdraw()
        Announcement.objects.update(subject="The right one", version=1)
        announcement.refresh_from_db()
        assert announcement.release(alice, timezone.now())
        return content

    monkeypatch.setattr("announcements.sending.starting.contents", contents_while_it_changes)
    assert not begin(Announcement.objects.get())
    monkeypatch.undo()
    assert send_all(announcement).state == State.SENT
    assert server.received[0].message["Subject"] == "The right one"


def test_what_grew_beyond_one_persons_say_since_its_release_needs_a_second_one(server, settings, ada):
    settings.ANNOUNCEMENTS_TWO_PEOPLE_FROM = 20
    make_customers(30)
    announcement = send_all(make_announcement(written_by=ada, released_by=ada))
    assert (announcement.state, announcement.total) == (State.DRAFT, 0)
    assert "colleague" in announcement.pause_reason
    assert not server.received


def test_what_two_people_released_may_grow(server, settings, ada, sam):
    settings.ANNOUNCEMENTS_TWO_PEOPLE_FROM = 20
    make_customers(30)
    assert send_all(make_announcement(written_by=sam, released_by=ada)).state == State.SENT
