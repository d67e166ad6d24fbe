"""Complaints (RFC 5965): whoever reports an announcement as unwanted gets none any more, by whichever of our addresses we hear of it."""

import re

import pytest
from django.conf import settings as site

from accounts.models import Suppression, User
from announcements.models import Announcement, Basis, Bounce, Delivery, Mailbox, Subscription, SubscriptionState
from announcements.sending.listing import list_range
from announcements.tokens import message_id, verp_token
from mailroom.incoming import take_in
from tests.announcements.bounced import announcement, comes_back, delivered, returned
from tests.announcements.joining import join

pytestmark = pytest.mark.django_db


@pytest.fixture
def joined() -> Subscription:
    return Subscription.objects.create(
        email="Alice@example.com", email_key="alice@example.com", state=SubscriptionState.CONFIRMED, basis=Basis.JOINED
    )


def shown(name: str, delivery) -> dict[str, str]:
    """What a provider leaves of our mail: one header that names it."""
    token, mailbox = verp_token(delivery.pk), delivery.mailbox.token
    return {
        "field": {"mail_from": f"bounce+{token}@{site.MAIL_DOMAIN}"},
        "return-path": {"original": f"Return-Path: <bounce+{token}@{site.MAIL_DOMAIN}>\n"},
        "message-id": {"original": f"Message-ID: {message_id(delivery.announcement_id, delivery.pk)}\n"},
        "list-unsubscribe": {
            "original": f"List-Unsubscribe: <{site.SITE_URL}/announcements/leave/{mailbox}/>,\n <mailto:leave+{mailbox}@x>\n"
        },
    }[name]


@pytest.mark.parametrize("name", ["field", "return-path", "message-id", "list-unsubscribe"])
def test_a_complaint_ends_all_announcements(name, alice, joined):
    delivery = delivered("alice@example.com")
    mail = comes_back("complaint", delivery, **shown(name, delivery))
    assert (mail.state, mail.handler) == ("taken", "bounces and complaints")
    assert Bounce.objects.get().kind == "complaint"
    assert set(Suppression.objects.of("alice@example.com").values_list("reason", flat=True)) == {"complained", "refused"}
    alice.refresh_from_db()
    assert alice.opted_out_at
    assert alice.marketing_choices.get().origin == "complaint"
    joined.refresh_from_db()
    assert joined.state == "left"
    assert Announcement.objects.get().complained == (0 if name == "list-unsubscribe" else 1), "which mail it was, that header does not say"


def test_a_complaint_holds_for_every_address_that_the_customer_joined_with(alice):
    """Whoever reports a mail has left, as by its link (promise G3)."""
    earlier = join("old@example.net")
    delivery = delivered("alice@example.com")
    Mailbox.objects.update(user=alice)
    comes_back("complaint", delivery, **shown("field", delivery))
    assert not Mailbox.objects.reachable().exists()
    assert Subscription.objects.get(email=earlier.email).state == "left"


def test_a_mailbox_that_was_listed_for_a_mailing_is_found_by_its_way_out_too(alice):
    told = announcement(state="preparing")
    while list_range(told):
        pass
    delivery = told.deliveries.get()
    Delivery.objects.update(state="sent")
    mail = comes_back("complaint", delivery, **shown("list-unsubscribe", delivery))
    assert mail.state == "taken"
    assert re.fullmatch("[a-p]{32}", delivery.mailbox.token), (
        "digits in a row would look like an account number to what screens incoming mails"
    )


def test_the_same_complaint_again_does_not_undo_what_the_customer_chose_since(alice):
    delivery = delivered("alice@example.com")
    comes_back("complaint", delivery, **shown("field", delivery))
    User.objects.get(pk=alice.pk).opt_in("preferences")
    comes_back("complaint", delivery, **shown("return-path", delivery))
    alice.refresh_from_db()
    assert alice.opted_out_at is None
    assert Announcement.objects.get().complained == 1


def test_a_complaint_about_an_address_without_an_account():
    delivery = delivered("zoe@example.net")
    comes_back("complaint", delivery, **shown("field", delivery))
    assert not Mailbox.objects.reachable().exists()


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", ""])
def test_other_feedback_is_no_complaint(kind):
    delivery = delivered()
    raw = returned("complaint", delivery, **shown("field", delivery)).replace(b"Feedback-Type: abuse", f"Feedback-Type: {kind}".encode())
    take_in(raw)
    assert not Bounce.objects.exists()
    assert not Suppression.objects.exists()


def test_a_complaint_about_somebody_elses_mail_is_left_for_staff():
    delivery = delivered()
    mail = comes_back("complaint", delivery, mail_from="other@elsewhere.example", original="Message-ID: <1.2@elsewhere.example>\n")
    assert mail.state == "quarantined"
    assert not Suppression.objects.exists()


def test_a_complaint_reaches_the_customer_whose_mailbox_it_was(alice):
    delivery = delivered("old@example.com", announcement())
    Mailbox.objects.update(user=alice)
    comes_back("complaint", delivery, **shown("field", delivery))
    alice.refresh_from_db()
    assert alice.opted_out_at, "the person changed the address, and still wants none"
