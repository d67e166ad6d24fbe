"""Standard Webhooks: who is believed, and who is not. The scheme's own SDK signs, as an outside check."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from audit.models import AuditEvent
from purchases.models import WebhookEvent
from tests.purchases.partner_side import OTHER_SECRET, SECRET, URL, post, purchase, signed

pytestmark = pytest.mark.django_db
BODY = json.dumps(purchase()).encode()


def send(client: Client, headers: dict[str, str], body: bytes = BODY):
    return client.post(URL, body, content_type="application/json", headers=headers)


def test_what_the_sdk_signs_is_believed(client):
    assert send(client, signed(BODY)).status_code == 200
    assert WebhookEvent.objects.count() == 1


@pytest.mark.parametrize("seconds", [-290, 0, 290])
def test_clocks_may_differ_a_little(client, seconds):
    assert send(client, signed(BODY, at=datetime.now(UTC) + timedelta(seconds=seconds))).status_code == 200


@pytest.mark.parametrize("seconds", [-310, 310, 10**9])
def test_old_and_future_ones_are_refused(client, seconds):
    assert send(client, signed(BODY, at=datetime.now(UTC) + timedelta(seconds=seconds))).status_code == 401


def test_a_signature_of_another_time_says_to_look_at_the_clock(client, caplog):
    """Every notification of every partner is refused when our own clock is off: the operator reads why."""
    assert send(client, signed(BODY, at=datetime.now(UTC) - timedelta(hours=1))).status_code == 401
    assert "more than 300 seconds away from this machine's clock. Is the clock right?" in caplog.text
    assert "Is the clock right?" in AuditEvent.objects.get(kind="notification.refused").detail["reason"]


def test_secrets_rotate(client, standard_webhooks):
    standard_webhooks["secrets"] = [SECRET, OTHER_SECRET]
    assert send(client, signed(BODY, secret=SECRET)).status_code == 200
    assert send(client, signed(BODY, secret=OTHER_SECRET)).status_code == 200
    standard_webhooks["secrets"] = [OTHER_SECRET]
    assert send(client, signed(BODY, secret=SECRET)).status_code == 401


def test_one_good_signature_among_several_is_enough(client):
    headers, other = signed(BODY, "msg_1"), signed(BODY, "msg_1", secret=OTHER_SECRET)
    both = f"v1a,bm90IG91cnM= {other['webhook-signature']} {headers['webhook-signature']}"
    assert send(client, headers | {"webhook-signature": both}).status_code == 200


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(client, name):
    headers = signed(BODY)
    del headers[name]
    assert send(client, headers).status_code == 401


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("webhook-id", "another", 401),
        ("webhook-id", "x" * 201, 400),
        ("webhook-id", "two words", 400),
        ("webhook-id", "é", 400),
        ("webhook-timestamp", "yesterday", 400),
        ("webhook-timestamp", "1e9", 400),
        ("webhook-timestamp", "-1", 400),
        ("webhook-timestamp", "٣", 400),
        ("webhook-timestamp", "9" * 5000, 400),
        ("webhook-signature", "v1,AAAA", 401),
        ("webhook-signature", "v1", 401),
        ("webhook-signature", ",", 401),
        ("webhook-signature", "é" * 40, 401),
        ("webhook-signature", "v1," * 3000, 401),
    ],
)
def test_headers_that_were_changed_are_refused(client, name, value, status):
    answer = send(client, signed(BODY) | {name: value})
    assert (answer.status_code, answer.content) == (status, b"")
    assert not WebhookEvent.objects.exists()


def test_every_byte_of_the_body_counts(client):
    headers = signed(BODY)
    for changed in (BODY + b" ", BODY[:-1], BODY.replace(b"19.90", b"09.90"), b""):
        assert send(client, headers, changed).status_code == 401


def test_a_signature_of_another_version_does_not_count(client):
    headers = signed(BODY)
    digest = headers["webhook-signature"].removeprefix("v1,")
    assert send(client, headers | {"webhook-signature": f"v2,{digest}"}).status_code == 401
    assert send(client, headers | {"webhook-signature": digest}).status_code == 401


def test_without_secrets_there_is_no_endpoint(client, standard_webhooks):
    standard_webhooks["secrets"] = []
    assert send(client, signed(BODY)).status_code == 404


def test_a_bad_secret_closes_the_endpoint(client, standard_webhooks):
    standard_webhooks["secrets"] = [SECRET, "whsec_short"]
    assert send(client, signed(BODY)).status_code == 404


def test_the_operator_learns_why_and_the_caller_does_not(client, caplog):
    answer = post(client, b'{"type": "purchase.completed", "data": {"order_reference": "x\\r\\nFORGED"}}')
    assert (answer.status_code, answer.content) == (400, b"")
    assert "breaks the rule" in caplog.text
    assert "FORGED" not in caplog.text
    refusal = AuditEvent.objects.get(kind="notification.refused")
    assert (refusal.detail["partner"], refusal.detail["status"], refusal.ip) == ("standard-webhooks", 400, "127.0.0.1")


def test_junk_cannot_fill_the_audit_log(client):
    for _time in range(60):
        assert client.post(URL, b"junk", content_type="application/json").status_code == 401
    assert AuditEvent.objects.filter(kind="notification.refused").count() == 20


def test_neither_session_nor_cookie_nor_csrf_token_is_asked_for(browser_client):
    answer = send(browser_client, signed(BODY))
    assert answer.status_code == 200
    assert not answer.cookies
    assert not Session.objects.exists()


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, method):
    answer = getattr(client, method)(URL)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/partners/nobody/notify/", "/partners/plimus/notify/", "/partners/standard_webhooks/notify/"])
def test_unknown_and_closed_partners_are_not_found(client, path):
    assert client.post(path, BODY, content_type="application/json").status_code == 404
