"""Guessing at codes is slowed and reported, and honest visitors register meanwhile."""

import time
from types import SimpleNamespace

import pytest

from accounts.limits import PROMO_CODE_NETWORK, PROMO_CODE_PROMOTION
from accounts.models import throttle
from accounts.models.throttle import Limit
from audit.models import AuditEvent
from promotions import monitoring
from promotions.models import Redemption
from tests.promotions.walking import enter, forged, found, mistyped, register
from tests.threads import at_once

pytestmark = pytest.mark.django_db
SLOWED = 429
GUESSER = "203.0.113.9"


@pytest.fixture
def attack(monkeypatch):
    """The limits of a small attack: a promotion is being guessed at from forty tries in vain on. The clock stands still, however slow the machine."""
    now = time.time()
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: now))
    monkeypatch.setattr(monitoring, "PROMO_CODE_PROMOTION", Limit("promo-code-promotion", burst=40, interval=60))


def test_words_are_not_looked_up_beyond_the_limit_of_a_network(shared):
    answers = [enter(f"GUESS{number:03}", GUESSER).status_code for number in range(30)]
    assert answers == [200] * PROMO_CODE_NETWORK.burst + [SLOWED] * 10
    assert enter("WELCOME26", GUESSER).status_code == SLOWED, "or guessing would go on behind the refusals"
    assert enter("WELCOME26", GUESSER)["Retry-After"] == "20"
    assert AuditEvent.objects.filter(kind="promo_code.throttled").count() == 1, "once an hour is enough to know"


def test_a_single_use_code_is_accepted_in_the_middle_of_it(single, shared):
    for number in range(30):
        enter(f"GUESS{number:03}", GUESSER)
    assert register(single.code, "honest@example.com", GUESSER).status_code == 302


def test_a_right_word_counts_against_nobody(shared):
    for number in range(PROMO_CODE_NETWORK.burst * 2):
        assert register("WELCOME26", f"pupil{number}@example.com", GUESSER).status_code == 302


def test_from_many_networks_each_has_fewer_tries_while_honest_visitors_register(shared, attack):
    """Four hundred guesses from forty addresses, ten each: none of them comes to the limit of a network."""
    slowed = honest = 0
    for number in range(400):
        slowed += enter(f"GUESS{number:03}", f"203.0.113.{number % 40}").status_code == SLOWED
        if number % 40 == 20:
            honest += register("WELCOME26", f"honest{number}@example.com", f"198.51.100.{number // 40}").status_code == 302
    assert slowed == 400 - 40 - 40 * 3, "forty until it is noticed, and then three of each"
    assert honest == Redemption.objects.count() == 10
    assert found()["promotion_guessed_at"][0] == "Spring offer"


def test_a_code_that_fails_its_check_is_told_before_any_look_up_and_recorded(single):
    for _number in range(100):
        assert enter(mistyped("SPR"), GUESSER).status_code == 200
    noted = AuditEvent.objects.filter(kind="promo_code.mistyped").count()
    assert 60 <= noted < 80, "up to a limit: a flood cannot fill the log"
    assert not AuditEvent.objects.filter(kind="promo_code.refused").exists()
    assert found()["promo_guessing"][0] == GUESSER


def test_forged_codes_are_slowed_too(single):
    answers = [enter(forged("SPR"), GUESSER).status_code for _number in range(25)]
    assert answers == [200] * 20 + [SLOWED] * 5


def test_the_limits_are_those_that_are_declared():
    assert (PROMO_CODE_NETWORK.burst, PROMO_CODE_PROMOTION.burst) == (20, 200)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_guesses_at_once_no_more_are_looked_up_than_there_are_tries(shared):
    answers = at_once(lambda number: enter(f"GUESS{number:03}", GUESSER).status_code, range(32))
    assert sorted(answers) == [200] * PROMO_CODE_NETWORK.burst + [SLOWED] * 12
