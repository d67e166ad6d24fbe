"""What promotions know of people goes: who never confirmed, what tells persons apart, and all of it with the account."""

import time
from datetime import timedelta
from threading import Event

import pytest
from django.db.models import RestrictedError
from django.test import Client
from django.utils import timezone

from accounts.models import User
from downloads.models import Entitlement
from downloads.models.allowance import Actor
from privacy.retention.walking import rules_of_destroyers
from promotions import proving
from promotions.models import Promotion, Redemption, RedemptionItem, Registrant
from promotions.people import abuse_key
from promotions.personal_data import PERSONS
from promotions.proving import hold_again
from promotions.registration import registrant_of
from promotions.tasks import lapse_registrations, purge_persons, purge_registrations
from tests.pages import words_of
from tests.promotions.walk import EMAIL, come_by_promotion, latest_mail, link_in, register
from tests.promotions.walking import registered
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LONG_OVER = timedelta(days=31)


def end_it(ago: timedelta, column: str = "ends_at") -> None:
    Promotion.objects.update(**{column: timezone.now() - ago})


# Who never confirmed


@pytest.mark.parametrize("state", ["lapsed", "refused", "ended"])
def test_who_never_confirmed_is_gone_after_thirty_days(shared, state):
    now = timezone.now()
    registered(shared, "old@example.com", at=now - LONG_OVER, state=state, name="Olga Old")
    registered(shared, "young@example.com", at=now - 29 * DAY, state=state)
    assert purge_registrations() == 1
    assert Redemption.objects.get().email == "young@example.com"


def test_who_waits_lapses_first_and_is_gone_thirty_days_later(shared):
    register(Client(), email=EMAIL)
    Redemption.objects.update(held_until=timezone.now() - LONG_OVER)
    assert purge_registrations() == 0
    lapse_registrations()
    assert purge_registrations() == 1
    assert purge_persons() == 1
    assert not Registrant.objects.exists(), "and nothing is left that could be made from the address"


def test_who_confirmed_stays(shared):
    come_by_promotion()
    Redemption.objects.update(held_until=timezone.now() - 400 * DAY)
    assert purge_registrations() == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_comes_back_at_the_very_moment_keeps_the_place(shared, monkeypatch):
    """The link of the mail is opened after thirty days: the place is taken anew, and not committed yet, as the sweep comes."""
    register(Client())
    Redemption.objects.update(held_until=timezone.now() - LONG_OVER)
    lapse_registrations()
    half_way = Event()

    def person(*values):
        half_way.set()
        time.sleep(0.5)
        return registrant_of(*values)

    monkeypatch.setattr(proving, "registrant_of", person)
    link = link_in(latest_mail())

    def come_back() -> int:
        return Client().post(link).status_code

    def sweep() -> int:
        assert half_way.wait(10)
        return purge_registrations()

    assert at_once(lambda work: work(), [come_back, sweep]) == [302, 0]
    assert Redemption.objects.get().state == "confirmed"
    assert (Promotion.objects.get().held, Promotion.objects.get().used) == (0, 1)


# What tells persons apart


def test_who_takes_a_place_anew_after_the_digests_went_is_told_apart_again(shared):
    """Staff wrote a wrong end, and mended it: when the place lapses once more, the person may come again."""
    register(Client())
    Redemption.objects.update(held_until=timezone.now() - DAY)
    lapse_registrations()
    end_it(LONG_OVER)
    assert purge_persons() == 2
    Promotion.objects.update(ends_at=None)
    hold_again(Redemption.objects.get(), None)
    Redemption.objects.update(held_until=timezone.now() - DAY)
    lapse_registrations()
    assert Registrant.objects.get().taken == 0


@pytest.mark.parametrize("column", ["ends_at", "stopped_at"])
def test_digests_of_persons_go_thirty_days_after_the_promotion_is_over(shared, column):
    come_by_promotion()
    end_it(29 * DAY, column)
    assert purge_persons() == 0
    assert Registrant.objects.get().abuse_key == Redemption.objects.get().abuse_key == abuse_key(EMAIL)
    end_it(LONG_OVER, column)
    assert purge_persons() == 2
    assert not Registrant.objects.exists()
    assert Redemption.objects.values_list("abuse_key", "state").get() == ("", "confirmed")
    assert purge_persons() == 0


def test_as_long_as_it_runs_it_is_known_who_has_had_as_many_as_one_person_may(shared):
    come_by_promotion()
    Promotion.objects.update(starts_at=timezone.now() - 400 * DAY)
    assert purge_persons() == 0
    assert Registrant.objects.get().taken == 1


def test_a_digest_of_whom_nothing_stands_is_gone_with_the_next_sweep(shared):
    register(Client())
    assert purge_persons() == 0, "the place is held"
    Redemption.objects.update(held_until=timezone.now() - DAY)
    lapse_registrations()
    assert purge_persons() == 1
    assert register(Client()).status_code == 302


def test_who_comes_again_after_that_hears_what_everybody_hears_and_is_mailed_what_they_have(shared):
    come_by_promotion()
    client = Client()
    client.post("/promotions/spring/", {"code": "WELCOME26"})
    end_it(LONG_OVER)
    purge_persons()
    assert "This promotion is over." in client.post("/promotions/spring/register/", {"email": EMAIL}).content.decode()
    purge_persons()
    assert not Registrant.objects.exists()


def test_staff_read_that_it_is_not_known_any_more(ada, shared):
    come_by_promotion()
    end_it(LONG_OVER)
    purge_persons()
    page = staff_log_in(ada).get(f"/staff/promotions-live/registrations/{Redemption.objects.get().pk}/")
    assert "not kept any more: the promotion is over" in words_of(page.content.decode())


def test_a_sweep_does_it():
    assert PERSONS.destroyer in rules_of_destroyers()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_whoever_registers_while_digests_go_is_counted(shared):
    def one(number: int) -> int:
        if number % 2:
            return purge_persons()
        return register(Client(REMOTE_ADDR=f"198.51.100.{number}"), email=f"visitor{number % 8}@example.com").status_code

    for number in range(8):
        Registrant.objects.create(promotion=shared.batch.promotion, abuse_key=abuse_key(f"visitor{number}@example.com"))
    answers = at_once(one, range(24))
    assert answers[::2] == [302] * 12
    taken = dict(Registrant.objects.filter(taken__gt=0).values_list("abuse_key", "taken"))
    assert taken == {one.abuse_key: 1 for one in Redemption.objects.filter(state="held")}
    assert len(taken) == Promotion.objects.get().held == 4


# With the account


@pytest.fixture
def had(shared, notebook) -> Redemption:
    """What an account has by a promotion, and nothing else, as rows alone: the audit log holds on to accounts for reasons of its own."""
    user = User.objects.create_user("carol@example.com")
    redemption = registered(shared, user.email, user=user, state="confirmed", confirmed_at=timezone.now())
    owned = Entitlement.objects.grant(user, notebook, None, 1, Actor.SITE, "promotion")
    redemption.items.create(entitlement=owned)
    return redemption


def test_an_account_that_came_by_a_promotion_can_go_with_all_that_it_gave(had):
    assert RedemptionItem.objects.count() == 1
    had.user.delete()
    assert not User.objects.exists()
    assert not Redemption.objects.exists()
    assert not RedemptionItem.objects.exists()
    assert not Entitlement.objects.exists()
    assert Promotion.objects.exists(), "the promotion itself is nobody's"


def test_a_product_that_a_registration_gave_does_not_go_by_itself(had):
    with pytest.raises(RestrictedError):
        had.items.get().entitlement.delete()
