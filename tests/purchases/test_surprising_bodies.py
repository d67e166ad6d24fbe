"""Bodies that JSON admits and that nobody expects are refused, and break nothing."""

import hashlib
import hmac
import time

import pytest

from purchases.models import WebhookEvent
from tests.purchases import stripe_side
from tests.purchases.partner_side import post, purchase
from tests.purchases.sides import gumroad

pytestmark = pytest.mark.django_db


def test_a_sellers_number_of_half_a_character_is_refused(client, settings):
    with gumroad.opened(settings):
        answer = gumroad.posted(b'{"seller_id": "\\ud800", "sale_id": "x"}')
        answer = client.post(answer.path, answer.body, content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize("depth", [40, 400, 900])
def test_an_event_of_stripe_that_is_nested_too_deep_is_refused(client, settings, depth):
    settings.PARTNERS["stripe"] |= {"secrets": [stripe_side.SECRET]}
    body, now = b'{"a":' * depth + b"1" + b"}" * depth, int(time.time())
    signature = hmac.digest(stripe_side.SECRET.encode(), b"%d.%s" % (now, body), hashlib.sha256).hex()
    headers = {"Stripe-Signature": f"t={now},v1={signature}"}
    assert client.post(stripe_side.URL, body, content_type="application/json", headers=headers).status_code == 400


def test_a_number_that_grows_too_long_by_the_screen_is_refused(client):
    assert post(client, purchase(), "a4222222222222" * 14).status_code == 400
    assert not WebhookEvent.objects.exists(), "PostgreSQL holds 200 characters, and would have broken on it"
