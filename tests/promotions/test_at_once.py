"""Many at once: no promotion and no code is used more often than it may."""

from datetime import timedelta
from functools import partial
from threading import Barrier, Event, Timer

import pytest
from django.utils import timezone

from accounts.contact import Contact
from downloads.models import Entitlement
from promotions import code_format, registration, staging
from promotions.models import PromoCode, Promotion, Redemption, Registrant
from promotions.models.promotion import PromotionQuerySet
from promotions.registration import NotPossible, Origin
from promotions.tasks import lapse_registrations
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
THREADS = 12


def try_to_register(code: PromoCode, email: str) -> Redemption | None:
    try:
        return registration.register(Promotion.objects.get(), code, Contact(email), Origin(None))
    except NotPossible:
        return None


def test_of_many_at_once_as_many_as_the_limit_register(shared):
    Promotion.objects.update(limit=5)
    held = at_once(lambda number: try_to_register(shared, f"buyer{number}@example.com"), range(THREADS))
    assert len([one for one in held if one]) == 5
    assert (Promotion.objects.get().held, Redemption.objects.count()) == (5, 5)


def test_a_single_use_code_by_many_at_once_is_held_once(single):
    held = at_once(lambda number: try_to_register(single, f"buyer{number}@example.com"), range(THREADS))
    assert len([one for one in held if one]) == 1
    assert Promotion.objects.get().held == 1


@pytest.mark.parametrize("email", ["alice@example.com", "alice+{}@example.com"])
def test_one_person_many_times_at_once_is_held_once(shared, email):
    at_once(lambda number: try_to_register(shared, email.format(number)), range(THREADS))
    assert Redemption.objects.filter(state="held").count() == Promotion.objects.get().held == 1


def test_confirmed_by_many_at_once_it_is_granted_once(shared):
    held = try_to_register(shared, "alice@example.com")
    assert at_once(lambda _thread: registration.confirm(Redemption.objects.get(pk=held.pk)), range(THREADS)) == [True] * THREADS
    assert Entitlement.objects.count() == 1
    assert (Promotion.objects.get().held, Promotion.objects.get().used) == (0, 1)


@pytest.mark.parametrize("_time", range(5))
def test_confirming_and_lapsing_at_once_is_one_of_them(single, _time):
    held = try_to_register(single, "alice@example.com")
    Redemption.objects.update(held_until=held.held_at)
    at_once(
        lambda work: work(), [lapse_registrations, lapse_registrations, lambda: registration.confirm(Redemption.objects.get(pk=held.pk))]
    )
    single.refresh_from_db()
    promotion = Promotion.objects.get()
    assert (promotion.held, promotion.used, single.held, single.used) == (0, 0, 0, 0)
    assert not Entitlement.objects.exists()


def test_single_use_codes_and_a_limit_together(spring):
    Promotion.objects.update(limit=7)
    batch = spring.batches.create(tag="SPR", state="ready")
    codes = [batch.codes.create(code=one, digest=code_format.digest_of(one)) for one in code_format.new_codes("SPR", 10)]
    held = at_once(lambda number: try_to_register(codes[number % 10], f"buyer{number}@example.com"), range(20))
    assert len([one for one in held if one]) == 7
    assert sum(PromoCode.objects.values_list("held", flat=True)) == Promotion.objects.get().held == 7


def test_a_crowd_that_comes_too_late_is_refused_before_anything_is_written_for_it(shared):
    first = try_to_register(shared, "alice@example.com")
    Promotion.objects.update(limit=1)
    assert at_once(lambda number: try_to_register(shared, f"buyer{number}@example.com"), range(THREADS)) == [None] * THREADS
    assert Registrant.objects.count() == 1
    begun = registration.register(Promotion.objects.get(), shared, Contact("alice@example.com"), Origin(None), first)
    assert begun == first, "in the browser that took it, the place is still there"


def test_deleting_a_promotion_and_registering_for_it_never_wait_in_a_circle(shared, single, monkeypatch):
    """It ends at the very moment: two visitors are half-way in, one with a code that is locked for them, when staff delete it."""
    Promotion.objects.update(ends_at=timezone.now() + timedelta(hours=1))
    half_way, going_on = Barrier(3), Event()
    place = PromotionQuerySet.hold_one

    def last_step(self, now):
        half_way.wait(10)
        going_on.wait(10)
        return place(self, now)

    monkeypatch.setattr(PromotionQuerySet, "hold_one", last_step)

    def visitor(code: PromoCode) -> str:
        try:
            return "registered" if try_to_register(code, f"buyer{code.pk}@example.com") else "refused"
        except Promotion.DoesNotExist:
            return "gone"

    def staff(_nobody: None) -> str:
        half_way.wait(10)
        promotion = Promotion.objects.get()
        monkeypatch.setattr(staging, "may_be_deleted", lambda present: not present.redemptions.exists())  # for staff it is over already
        Timer(0.5, going_on.set).start()
        return "deleted" if staging.delete_unused(promotion) else "kept"

    done = at_once(lambda work: work(), [partial(visitor, shared), partial(visitor, single), partial(staff, None)])
    assert Promotion.objects.exists() == Redemption.objects.exists() == (done[2] == "kept")
    assert done.count("registered") == Redemption.objects.count()
