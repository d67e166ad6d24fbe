"""Stripe's own SDK signs, and its verifier and ours say the same of the same bytes."""

import json
import time

import pytest
from stripe import SignatureVerificationError, WebhookSignature
from stripe import Webhook as Sdk

from purchases.models import WebhookEvent
from tests.purchases.sides.stripe import SIDE
from tests.purchases.stripe_side import OTHER_SECRET, SECRET, URL, completed

pytestmark = pytest.mark.django_db
BODY = json.dumps(completed() | {"note": "Grüße, 日本"}, ensure_ascii=False).encode()


@pytest.fixture(autouse=True)
def stripe(settings):
    with SIDE.opened(settings):
        yield settings.PARTNERS["stripe"]


def header(secret: str = SECRET, at: float = 0, body: bytes = BODY) -> str:
    return WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time() + at))


def part(text: str, name: str) -> str:
    return next(pair for pair in text.split(",") if pair.startswith(f"{name}="))


def sdk_agrees(text: str, body: bytes, *secrets: str) -> bool:
    """Whether Stripe's verifier takes it with one of the secrets (it knows one at a time)."""
    for secret in secrets or (SECRET,):
        try:
            Sdk.construct_event(body, text, secret)
        except (SignatureVerificationError, ValueError, TypeError):  # the last: letters that are no ASCII
            continue
        return True
    return False


def status(client, text: str, body: bytes = BODY) -> int:
    return client.post(URL, body, content_type="application/json", headers={"Stripe-Signature": text}).status_code


@pytest.mark.parametrize("at", [-290, 0])
def test_both_take_what_was_signed_just_now(client, at):
    assert sdk_agrees(header(at=at), BODY)
    assert status(client, header(at=at)) == 200


@pytest.mark.parametrize("at", [-310, -(10**8)])
def test_both_refuse_what_was_signed_long_ago(client, at):
    assert not sdk_agrees(header(at=at), BODY)
    assert status(client, header(at=at)) == 401


@pytest.mark.parametrize("at", [310, 10**8])
def test_we_refuse_a_time_to_come_and_the_sdk_does_not(client, at):
    assert sdk_agrees(header(at=at), BODY)
    assert status(client, header(at=at)) == 401
    assert status(client, header(at=200)) == 200


def test_both_refuse_another_secret(client):
    assert not sdk_agrees(header(OTHER_SECRET), BODY)
    assert status(client, header(OTHER_SECRET)) == 401


@pytest.mark.parametrize("changed", [BODY + b" ", BODY[:-1], BODY.replace(b"3980", b"3981"), b"{}", b""])
def test_both_refuse_another_body(client, changed):
    text = header()
    assert not sdk_agrees(text, changed)
    assert status(client, text, changed) == 401


def test_several_secrets_and_several_signatures(client, stripe):
    """While a secret rolls over Stripe signs with both, and both may be known here."""
    now = int(time.time())
    both = f"t={now},{part(header(OTHER_SECRET), 'v1')},{part(header(), 'v1')},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"
    assert sdk_agrees(both, BODY)
    assert status(client, both) == 200
    stripe["secrets"] = [OTHER_SECRET, SECRET]
    for secret in (SECRET, OTHER_SECRET):
        assert sdk_agrees(header(secret), BODY, *stripe["secrets"])
        assert status(client, header(secret)) == 200
    stripe["secrets"] = [OTHER_SECRET]
    assert status(client, header(SECRET)) == 401


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 401),
        ("t=", 400),
        ("nonsense", 400),
        ("v1=abc", 400),
        ("t=now,v1=abc", 400),
        ("t=1e9,v1=abc", 400),
        ("t=-1,v1=abc", 400),
        ("t=٣,v1=abc", 400),
        ("t=" + "9" * 5000 + ",v1=abc", 400),
        ("t={now}", 400),
        ("t={now},v0={v1}", 400),
        ("t={now},v1=", 401),
        ("t={now},v1=é", 401),
        ("t={now},v1=" + "0" * 64, 401),
        ("t={now};v1={v1}", 400),
        ("t={now},h1={v1}", 400),
    ],
)
def test_both_refuse_a_header_that_is_none(client, text, expected):
    digest = part(header(), "v1").removeprefix("v1=")
    text = text.replace("{now}", str(int(time.time()))).replace("{v1}", digest)
    assert not sdk_agrees(text, BODY)
    assert status(client, text) == expected
    assert not WebhookEvent.objects.exists()


def test_two_times_are_none(client):
    text = header()
    assert status(client, f"{part(text, 't')},{text}") == 400


def test_bytes_that_are_no_text_are_no_accident(client):
    """The SDK signs text alone, so the digest is of other bytes: nobody vouches for these."""
    assert status(client, header(), b"\xff\xfe\x00") == 401


def test_a_missing_header_is_refused(client):
    assert client.post(URL, BODY, content_type="application/json").status_code == 401
