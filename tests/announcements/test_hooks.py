"""What providers tell by their hooks: real payloads of three of them, posted as they post them."""

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from accounts.models import Suppression
from announcements.models import Announcement, Bounce, Delivery, Mailbox, Subscription
from tests.announcements.bounced import comes_back, delivered
from tests.announcements.joining import join

pytestmark = pytest.mark.django_db
SECRET = "provider:a-long-random-secret"
HOOK = "/announcements/hook/"
MAILGUN_KEY = "mailgun-signing-key"


@pytest.fixture
def delivery(alice) -> Delivery:
    return delivered("alice@example.com")


@pytest.fixture
def esp(settings):
    def choose(name: str) -> None:
        settings.ANYMAIL_ESP = name
        settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_API_KEY": "k", "MAILGUN_WEBHOOK_SIGNING_KEY": MAILGUN_KEY}

    return choose


def post(payload: Any, secret: str = SECRET, **headers: str):
    """As a provider does: JSON, with the secret in the address of the hook."""
    shown = {"HTTP_AUTHORIZATION": "Basic " + b64encode(secret.encode()).decode()} if secret else {}
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    client = Client(enforce_csrf_checks=True)
    return client.generic("POST", HOOK, body, content_type=headers.pop("content_type", "application/json"), **shown, **headers)


def postmark(
    delivery: Delivery | None, kind: str = "HardBounce", details: str = "smtp;550 5.1.1 The email account does not exist"
) -> dict[str, Any]:
    return {
        "RecordType": "Bounce",
        "MessageStream": "broadcast",
        "ID": 4323372036854775807,
        "Type": kind,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Tag": "",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"delivery": str(delivery.pk)} if delivery else {},
        "ServerID": 23,
        "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": details,
        "Email": "Alice@example.com",
        "From": "news@vendor.example",
        "BouncedAt": "2026-01-02T03:04:05Z",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Notebook 2.0",
    }


def signed(event: dict[str, Any], key: str = MAILGUN_KEY) -> dict[str, Any]:
    timestamp, token = "1767323045", "c544756eb7ab0e8b6b0ea1d42ebed1f5d1b31d2fd2b6e2b1d8"
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"signature": {"timestamp": timestamp, "token": token, "signature": signature}, "event-data": event}


def mailgun(delivery: Delivery, event: str = "failed") -> dict[str, Any]:
    return {
        "event": event,
        "severity": "permanent",
        "reason": "bounce",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1767323045.7,
        "recipient": "alice@example.com",
        "recipient-domain": "example.com",
        "user-variables": {"delivery": str(delivery.pk)},
        "tags": [],
        "flags": {"is-routed": False, "is-authenticated": True, "is-system-test": False, "is-test-mode": False},
        "message": {"headers": {"to": "alice@example.com", "message-id": "1@vendor.example", "from": "news@vendor.example"}, "size": 111},
        "delivery-status": {
            "tls": True,
            "code": 550,
            "attempt-no": 1,
            "description": "",
            "message": "5.1.1 The email account that you tried to reach does not exist.",
            "session-seconds": 0.3,
        },
    }


def ses(delivery: Delivery, event: str) -> tuple[dict[str, Any], dict[str, str]]:
    told = {
        "Bounce": {
            "bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [
                    {
                        "emailAddress": "alice@example.com",
                        "action": "failed",
                        "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                    }
                ],
                "timestamp": "2026-01-02T03:04:05.000Z",
                "feedbackId": "0100017b-f",
                "reportingMTA": "dns; a1-2.smtp-out.amazonses.com",
            }
        },
        "Complaint": {
            "complaint": {
                "complainedRecipients": [{"emailAddress": "alice@example.com"}],
                "timestamp": "2026-01-02T03:04:05.000Z",
                "feedbackId": "0100017b-c",
                "userAgent": "Amazon SES Mailbox Simulator",
                "complaintFeedbackType": "abuse",
            }
        },
    }[event]
    mail = {
        "timestamp": "2026-01-02T03:04:00.000Z",
        "source": "news@vendor.example",
        "messageId": "0100017b-m",
        "destination": ["alice@example.com"],
        "headersTruncated": False,
        "headers": [
            {"name": "Subject", "value": "Notebook 2.0"},
            {"name": "X-Metadata", "value": json.dumps({"delivery": str(delivery.pk)})},
        ],
    }
    number = "e5c5f4a0-0000-5000-8000-abcdefabcdef"
    notice = {
        "Type": "Notification",
        "MessageId": number,
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:ses-events",
        "Message": json.dumps({"eventType": event, "mail": mail} | told),
        "Timestamp": "2026-01-02T03:04:06.000Z",
        "SignatureVersion": "1",
        "Signature": "-",
    }
    return notice, {"HTTP_X_AMZ_SNS_MESSAGE_TYPE": "Notification", "HTTP_X_AMZ_SNS_MESSAGE_ID": number}


def suppressed() -> set[str]:
    return set(Suppression.objects.of("alice@example.com").values_list("reason", flat=True))


def test_postmark_tells_of_a_dead_mailbox_and_the_report_by_mail_counts_no_more(esp, delivery):
    esp("postmark")
    assert post(postmark(delivery)).status_code == 200
    assert (suppressed(), Announcement.objects.get().bounced, Bounce.objects.get().status) == ({"bounced"}, 1, "5.1.1")
    post(postmark(delivery))
    comes_back("postfix", delivery)
    assert (Bounce.objects.count(), Announcement.objects.get().bounced) == (1, 1)


def test_without_a_status_it_counts_and_kills_nothing(esp, delivery):
    esp("postmark")
    post(postmark(delivery, "SoftBounce", "smtp; mailbox busy"))
    assert (suppressed(), Bounce.objects.get().kind) == (set(), "soft")


def test_without_our_number_the_address_tells_who_it_was(esp, delivery):
    esp("postmark")
    post(postmark(None))
    post(postmark(None))
    assert (suppressed(), Bounce.objects.get().announcement, Announcement.objects.get().bounced) == ({"bounced"}, None, 0)


def test_somebody_whom_we_do_not_know_changes_nothing(esp, delivery):
    esp("postmark")
    payload = postmark(None) | {"Email": "stranger@example.org"}
    assert post(payload).status_code == 200
    assert (Bounce.objects.count(), Mailbox.objects.count()) == (0, 1)


def test_mailgun_signs_what_it_tells(esp, delivery):
    esp("mailgun")
    assert post(signed(mailgun(delivery), "another key")).status_code == 400
    assert not Bounce.objects.exists()
    assert post(signed(mailgun(delivery))).status_code == 200
    assert suppressed() == {"bounced"}


def test_mailgun_tells_who_left(esp, delivery, alice):
    esp("mailgun")
    Subscription.objects.create(email="alice@example.com", email_key="alice@example.com", state="confirmed")
    post(signed(mailgun(delivery, "unsubscribed")))
    alice.refresh_from_db()
    assert (suppressed(), bool(alice.opted_out_at), Subscription.objects.get().state) == ({"refused"}, True, "left")
    assert not Bounce.objects.exists()
    assert Announcement.objects.get().left == 1, "it counts as leaving by the link does"


def test_who_left_by_the_providers_link_has_left_with_every_address(esp, delivery, alice):
    esp("mailgun")
    join("old@example.net")
    Mailbox.objects.update(user=alice)
    post(signed(mailgun(delivery, "unsubscribed")))
    assert not Mailbox.objects.reachable().exists()


@pytest.mark.parametrize(("event", "reasons"), [("Bounce", {"bounced"}), ("Complaint", {"complained", "refused"})])
def test_amazon_tells_through_its_notifications(esp, delivery, event, reasons):
    esp("amazon_ses")
    payload, headers = ses(delivery, event)
    assert post(payload, "", **headers).status_code == 401, "it shows the secret only when asked"
    assert post(payload, **headers).status_code == 200
    assert suppressed() == reasons


@pytest.mark.parametrize("secret", ["", "provider:wrong", "provider", ":"])
def test_nobody_else_is_heard(esp, delivery, secret):
    esp("postmark")
    assert post(postmark(delivery), secret).status_code in (400, 401)
    assert not Bounce.objects.exists()


@pytest.mark.parametrize(("name", "secret"), [("", SECRET), ("postmark", "")])
def test_there_is_no_hook_unless_it_is_configured(settings, delivery, name, secret):
    settings.ANYMAIL_ESP, settings.ANYMAIL = name, {"WEBHOOK_SECRET": secret}
    assert post(postmark(delivery)).status_code == 404
    assert Client().head(HOOK).status_code == 404


@pytest.mark.parametrize("name", ["amazon_ses", "brevo", "mailgun", "mailjet", "postmark", "sparkpost"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[1]", b"null", b'"x"', b"\xff\xfe", b'{"RecordType": []}', b"{}", b"[" * 10_000, b'{"event-data": 1}']
)
def test_whatever_is_sent_is_answered(esp, name, body):
    esp(name)
    assert post(body).status_code in (200, 400)
    assert not Bounce.objects.exists()


ODD = [
    {"Metadata": "x"},
    {"Metadata": {"delivery": "9" * 40}},
    {"Email": {"a": 1}},
    {"Email": "\x00"},
    {"Details": ["\x00"]},
    {"ID": "y" * 500},
]
ODD += [{"Details": "550 5.1.1 \x00"}, {"Details": "550 " + "x" * 5000}, {"ID": "\x00\ud800"}, {"Details": "\ud800"}]


@pytest.mark.parametrize("changed", ODD)
def test_odd_values_in_a_known_form_are_answered(esp, delivery, changed):
    esp("postmark")
    assert post(postmark(None) | changed).status_code in (200, 400)
