"""Guessing is slowed, and nobody is locked out for good."""

from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.models import Throttle
from accounts.models.throttle import Limit
from audit.models import AuditEvent
from tests.cast import PASSWORD
from tests.customer import log_in, try_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def guess(email: str, times: int, network: str = "198.51.100.{}") -> list[int]:
    """Status codes of wrong guesses, each from another address."""
    return [try_log_in(email, "wrong", REMOTE_ADDR=network.format(number)).status_code for number in range(1, times + 1)]


def test_guessing_at_one_account_from_everywhere_is_slowed(alice):
    assert guess(alice.email, 12) == [200] * 10 + [429] * 2
    refused = try_log_in(alice.email, PASSWORD, REMOTE_ADDR="203.0.113.200")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) == 120
    assert "not locked" in refused.content.decode()
    assert AuditEvent.objects.filter(kind="login.throttled").count() == 1


def test_guessing_at_many_accounts_from_one_network_is_slowed(db):
    codes = [try_log_in(f"user{number}@example.com", "wrong").status_code for number in range(32)]
    assert codes == [200] * 30 + [429] * 2


def test_an_unknown_address_is_throttled_like_a_known_one(db):
    assert guess("nobody@example.com", 11) == [200] * 10 + [429]


def test_a_known_browser_gets_in_while_strangers_guess(alice):
    known = log_in(alice)
    known.post("/resources/log-out/")
    guess(alice.email, 12)
    assert try_log_in(alice.email, PASSWORD, known).status_code == 302


def test_a_greeting_for_another_account_opens_nothing(alice, mallory):
    client = log_in(mallory)
    client.post("/resources/log-out/")
    guess(alice.email, 10)
    assert try_log_in(alice.email, PASSWORD, client).status_code == 429


def test_a_known_browser_has_a_limit_too(alice):
    client = log_in(alice)
    client.post("/resources/log-out/")
    codes = [try_log_in(alice.email, "wrong", client).status_code for _number in range(11)]
    assert codes == [200] * 10 + [429]


def test_a_success_gives_back_its_own_try_alone(alice, mallory):
    assert guess(alice.email, 9) == [200] * 9
    assert try_log_in(alice.email, PASSWORD, REMOTE_ADDR="203.0.113.5").status_code == 302
    assert guess(alice.email, 2) == [200, 429]


def test_a_forgotten_password_can_be_renewed_meanwhile(alice):
    guess(alice.email, 12)
    assert Client().post("/resources/password/forgotten/", {"email": alice.email}).status_code == 200


def test_time_frees_tries(db, monkeypatch):
    limit, now = Limit("test", burst=2, interval=60), [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    assert [Throttle.objects.admit(limit, "x") for _try in range(3)] == [True, True, False]
    now[0] += 60
    assert [Throttle.objects.admit(limit, "x") for _try in range(2)] == [True, False]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_time_are_all_counted():
    limit = Limit("race", burst=5, interval=600)
    assert sum(at_once(lambda _thread: Throttle.objects.admit(limit, "alice"), range(24))) == 5


def test_of_tries_at_one_moment_none_is_refused_for_having_read_the_clock_first(db, monkeypatch):
    limit = Limit("three", burst=3, interval=3600)
    clock = iter((1000.02, 1000.01, 1000.0, 1000.03))
    monkeypatch.setattr("accounts.models.throttle.time", SimpleNamespace(time=lambda: next(clock)))
    assert [Throttle.objects.admit(limit, "alice") for _try in range(4)] == [True, True, True, False]


def test_a_try_that_one_limit_refuses_counts_against_no_other():
    account, network = Limit("account", burst=1, interval=60), Limit("network", burst=2, interval=60)
    tries = [(account, "alice"), (network, "198.51.100.1")]
    assert Throttle.objects.refusing(tries) is None
    for _time in range(5):
        assert Throttle.objects.refusing(tries) is account
    assert Throttle.objects.admit(network, "198.51.100.1")
    assert not Throttle.objects.admit(network, "198.51.100.1")
