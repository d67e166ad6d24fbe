"""Plimus authenticated in three ways over the years; exactly the configured one counts."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from purchases.models import WebhookEvent
from tests.purchases.plimus_side import INSIDE, KEY, NETWORKS, ORDER, OTHER_KEY, OUTSIDE, URL, order, post, signature, with_key

pytestmark = pytest.mark.django_db


def test_by_network(client, by_network):
    answer = post(client, ORDER)
    assert (answer.status_code, answer.content) == (200, b"")
    assert post(client, ORDER, ip=OUTSIDE).status_code == 401
    assert post(client, with_key(ORDER), OUTSIDE, **signature(with_key(ORDER))).status_code == 401, "another way does not count"


def test_the_network_is_that_behind_our_own_proxy(client, by_network, settings):
    assert post(client, ORDER, OUTSIDE, **{"X-Forwarded-For": INSIDE}).status_code == 401
    settings.TRUSTED_PROXIES = [OUTSIDE]
    assert post(client, ORDER, OUTSIDE, **{"X-Forwarded-For": INSIDE}).status_code == 200


def test_by_key_and_network(client, by_key):
    answer = post(client, with_key(ORDER))
    assert (answer.status_code, answer.content) == (200, hashlib.md5(f"OK{KEY}".encode()).hexdigest().encode())
    assert "authkey" not in WebhookEvent.objects.get().payload
    assert post(client, with_key(ORDER), ip=OUTSIDE).status_code == 401
    assert post(client, ORDER).status_code == 401
    assert post(client, with_key(ORDER, "guessed")).status_code == 401
    assert post(client, with_key(ORDER) | {"referenceNumber": "38231435"}).status_code == 401


def test_keys_rotate_and_the_receipt_goes_with_the_key(client, by_key):
    by_key["secrets"] = [OTHER_KEY, KEY]
    for key in (KEY, OTHER_KEY):
        assert post(client, with_key(ORDER, key)).content == hashlib.md5(f"OK{key}".encode()).hexdigest().encode()


def test_a_duplicate_gets_its_receipt_too(client, by_key):
    first, second = post(client, with_key(ORDER)), post(client, with_key(ORDER))
    assert first.content == second.content != b""
    assert WebhookEvent.objects.count() == 1


def test_by_signature(client, by_signature):
    answer = post(client, ORDER, OUTSIDE, **signature(ORDER))
    assert (answer.status_code, answer.content) == (200, b"")
    assert post(client, ORDER).status_code == 401
    assert post(client, order(quantity="9"), **signature(ORDER)).status_code == 401
    assert post(client, ORDER, **signature(ORDER, "guessed")).status_code == 401
    assert post(client, with_key(ORDER)).status_code == 401, "another way does not count"


def test_secrets_rotate(client, by_signature):
    by_signature["secrets"] = [OTHER_KEY, KEY]
    assert post(client, ORDER, **signature(ORDER, KEY)).status_code == 200
    assert post(client, ORDER, **signature(ORDER, OTHER_KEY)).status_code == 200


@pytest.mark.parametrize("away", [timedelta(hours=25), timedelta(hours=-25)])
def test_old_and_future_signatures_are_refused(client, by_signature, away):
    assert post(client, ORDER, **signature(ORDER, at=datetime.now(UTC) + away)).status_code == 401


def test_a_timestamp_that_is_none_is_refused(client, by_signature):
    assert post(client, ORDER, **signature(ORDER) | {"bls-ipn-timestamp": "now"}).status_code == 400


@pytest.mark.parametrize(
    "configured",
    [
        {"authentication": ""},
        {"authentication": "none"},
        {"authentication": "networks", "networks": []},
        {"authentication": "networks", "networks": ["62.216.234.196–222"]},
        {"authentication": "auth-key", "secrets": [KEY], "networks": []},
        {"authentication": "auth-key", "secrets": [], "networks": NETWORKS},
        {"authentication": "signature", "secrets": []},
        {"authentication": "signature", "secrets": [""]},
    ],
)
def test_half_configured_is_not_open(client, plimus, configured):
    plimus |= configured
    assert post(client, ORDER).status_code == 404
    assert client.get(URL).status_code == 404


def test_the_dashboard_tries_the_address_with_an_empty_get(client, by_network):
    answer = client.get(URL, REMOTE_ADDR=OUTSIDE)
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.put(URL).status_code == 405
