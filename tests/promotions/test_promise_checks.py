"""What promotions tell of their promises: they are watched, registrations are recorded, give what they promise, and lapse in time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from privacy.models import SweepRun
from privacy.promise_checks import Outcome
from promotions.models import Redemption, RedemptionState
from promotions.promise_checks import (
    WATCHING,
    confirmed_registrations_gave_what_they_promised,
    promotions_are_watched,
    registrations_are_recorded,
    registrations_lapse_in_time,
)
from tests.promotions.walk import come_by_promotion, make_promotion, make_shared

pytestmark = pytest.mark.django_db


@pytest.fixture
def registered(notebook) -> Redemption:
    make_shared(make_promotion(notebook))
    come_by_promotion("rosa@example.com")
    return Redemption.objects.get()


def test_who_watches():
    assert promotions_are_watched()[0] == Outcome.UNKNOWN
    now = timezone.now()
    SweepRun.objects.create(task=WATCHING, first_at=now, ended_at=now)
    assert promotions_are_watched()[0] == Outcome.KEPT
    SweepRun.objects.update(ended_at=now - timedelta(minutes=16))
    assert promotions_are_watched()[0] == Outcome.BROKEN


def test_a_registration_that_gave_what_it_promised(registered):
    assert confirmed_registrations_gave_what_they_promised() == (
        Outcome.KEPT,
        "each of the latest 1 registrations gave an account what the promotion gives",
    )
    assert registrations_are_recorded() == (Outcome.KEPT, "each of the latest 1 registrations is in the record")


def test_one_that_gave_nothing_or_to_somebody_else(registered, bob):
    Redemption.objects.update(user=bob)
    said = f"of the latest 1 registrations 1 gave nothing, or to another account, such as {registered.pk}"
    assert confirmed_registrations_gave_what_they_promised() == (Outcome.BROKEN, said)
    Redemption.objects.update(user=registered.user)
    registered.items.all().delete()
    assert confirmed_registrations_gave_what_they_promised() == (Outcome.BROKEN, said)


def test_nobody_registered():
    assert confirmed_registrations_gave_what_they_promised()[0] == registrations_are_recorded()[0] == Outcome.UNKNOWN


def test_one_that_is_not_recorded(registered):
    registered.items.all().delete()
    Redemption.objects.update(id=registered.pk + 1_000)
    assert registrations_are_recorded()[0] == Outcome.BROKEN


def test_one_that_should_have_lapsed(registered):
    Redemption.objects.update(state=RedemptionState.HELD, held_until=timezone.now() - timedelta(minutes=5))
    assert registrations_lapse_in_time()[0] == Outcome.KEPT
    Redemption.objects.update(held_until=timezone.now() - timedelta(hours=1))
    assert registrations_lapse_in_time()[0] == Outcome.BROKEN
