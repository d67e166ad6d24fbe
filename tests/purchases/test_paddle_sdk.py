"""Paddle's own SDK computes the signatures, and its verifier and ours say the same of the same bytes."""

import json
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from paddle_billing.Notifications import Secret, Verifier

from purchases.models import WebhookEvent
from tests.purchases.paddle_side import OTHER_SECRET, SANDBOX_SECRET, SECRET, URL, customer, signature
from tests.purchases.sides.paddle import SIDE

pytestmark = pytest.mark.django_db
BODY = json.dumps(customer(name="Zoë Grüße 日本"), ensure_ascii=False).encode()


@pytest.fixture(autouse=True)
def paddle(settings, monkeypatch):
    monkeypatch.delenv("TEST_MODE", raising=False)  # with it the SDK looks at no time
    with SIDE.opened(settings):
        yield settings.PARTNERS["paddle"]


def header(secret: str = SECRET, at: float = 0, body: bytes = BODY) -> str:
    now = int(time.time() + at)
    return f"ts={now};h1={signature(body, secret, now)}"


def sdk_agrees(text: str, body: bytes, *secrets: str) -> bool:
    request = SimpleNamespace(headers={"Paddle-Signature": text}, body=body)
    try:
        return Verifier().verify(request, [Secret(secret) for secret in secrets or (SECRET,)]) is True
    except (ConnectionRefusedError, ValueError):
        return False


def status(client, text: str, body: bytes = BODY) -> int:
    return client.post(URL, body, content_type="application/json", headers={"Paddle-Signature": text}).status_code


@pytest.mark.parametrize("at", [-3, 0, 3])
def test_both_take_what_was_signed_just_now(client, at):
    text = header(at=at)
    assert sdk_agrees(text, BODY)
    assert status(client, text) == 200


@pytest.mark.parametrize("at", [-8, 8, -(10**8), 10**8])
def test_both_refuse_what_was_signed_long_ago_or_is_to_come(client, at):
    text = header(at=at)
    assert not sdk_agrees(text, BODY)
    assert status(client, text) == 401


def test_the_tolerance_is_a_setting(client, paddle):
    paddle["tolerance"] = timedelta(minutes=5)
    assert status(client, header(at=-290)) == 200
    assert status(client, header(at=-310)) == 401


def test_both_refuse_another_secret(client):
    text = header(OTHER_SECRET)
    assert not sdk_agrees(text, BODY)
    assert status(client, text) == 401


@pytest.mark.parametrize("changed", [BODY + b" ", BODY[:-1], BODY.replace(b"example", b"exanple"), b"{}", b""])
def test_both_refuse_another_body(client, changed):
    text = header()
    assert not sdk_agrees(text, changed)
    assert status(client, text, changed) == 401


def test_several_secrets_and_several_signatures(client, paddle):
    now = int(time.time())
    both = f"ts={now};h1={signature(BODY, OTHER_SECRET, now)};h1={signature(BODY, SECRET, now)}"
    assert sdk_agrees(both, BODY)
    assert status(client, both) == 200
    paddle["secrets"] = [OTHER_SECRET, SECRET]
    for secret in paddle["secrets"]:
        text = header(secret)
        assert sdk_agrees(text, BODY, *paddle["secrets"])
        assert status(client, text) == 200
    paddle["secrets"] = [OTHER_SECRET]
    assert status(client, header(SECRET)) == 401


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 401),
        ("nonsense", 400),
        ("h1=abc", 400),
        ("ts=now;h1=abc", 400),
        ("ts=1e9;h1=abc", 400),
        ("ts=-1;h1=abc", 400),
        ("ts=" + "9" * 5000 + ";h1=abc", 400),
        ("ts={now}", 400),
        ("ts={now};h1=", 401),
        ("ts={now};h1=" + "0" * 64, 401),
        ("ts={now};h2={h1}", 400),
        ("ts={now},h1={h1}", 400),
        ("t={now};h1={h1}", 400),
    ],
)
def test_both_refuse_a_header_that_is_none(client, text, expected):
    now = int(time.time())
    text = text.replace("{now}", str(now)).replace("{h1}", signature(BODY, SECRET, now))
    assert not sdk_agrees(text, BODY)
    assert status(client, text) == expected
    assert not WebhookEvent.objects.exists()


def test_what_the_sandbox_signed_is_a_trial(client):
    assert status(client, header(SANDBOX_SECRET)) == 200
    assert WebhookEvent.objects.get().test_mode


def test_a_missing_header_is_refused(client):
    assert client.post(URL, BODY, content_type="application/json").status_code == 401
