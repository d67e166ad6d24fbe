"""The counters say what the rows say, whatever visitors, staff and the sweeps do in whatever order."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Throttle, User
from promotions import code_format, ending
from promotions.ending import Ground, Step
from promotions.models import CodeBatch, PromoCode, Promotion, Redemption, Registrant
from promotions.proof import link_of
from promotions.tasks import lapse_registrations
from tests.promotions.walk import REGISTER, enter
from tests.promotions.walking import batch_of
from tests.staff import request_of

pytestmark = pytest.mark.django_db
ADDRESSES = ["alice@example.com", "alice+2@example.com", "bob@example.org", "carol@example.net"]
TOOK = ("held", "confirmed", "ended")


def counted() -> dict[str, dict[Any, tuple[int, int]]]:
    """What the counters say: held and used of promotions and limited codes, and what each person took."""
    return {
        "promotions": {pk: (held, used) for pk, held, used in Promotion.objects.values_list("pk", "held", "used")},
        "codes": {pk: (held, used) for pk, held, used in PromoCode.objects.exclude(uses=None).values_list("pk", "held", "used")},
        "people": {key: (taken, 0) for key, taken in Registrant.objects.values_list("abuse_key", "taken")},
    }


def told_by_the_rows() -> dict[str, dict[Any, tuple[int, int]]]:
    rows = list(Redemption.objects.all())
    held, used, took = Counter(), Counter(), Counter(row.abuse_key for row in rows if row.state in TOOK)
    for row in rows:
        count = held if row.state == "held" else used if row.confirmed_at else Counter()
        count.update([("promotion", row.promotion_id), ("code", row.code_id)])
    return {
        "promotions": {pk: (held["promotion", pk], used["promotion", pk]) for pk in Promotion.objects.values_list("pk", flat=True)},
        "codes": {pk: (held["code", pk], used["code", pk]) for pk in PromoCode.objects.exclude(uses=None).values_list("pk", flat=True)},
        "people": {key: (took[key], 0) for key in Registrant.objects.values_list("abuse_key", flat=True)},
    }


def register_somebody(chance: random.Random, codes: list[str], browsers: list[Client]) -> None:
    browser = chance.choice(browsers)
    enter(browser, chance.choice(codes))
    browser.post(REGISTER, {"email": chance.choice(ADDRESSES)})


def lapse(one: Redemption, chance: random.Random) -> None:
    """Its hour is over; the sweep comes at once, or later."""
    Redemption.objects.filter(pk=one.pk).update(held_until=timezone.now() - timedelta(seconds=1))
    if chance.random() < 0.7:
        lapse_registrations()


def decide(one: Redemption, ada: User) -> None:
    """Staff end it, or give back what they took."""
    step = ending.step_of(one)
    if step in (Step.CANCEL, Step.TAKE_BACK):
        ending.end(one, step, ground=Ground.SOLD, by=ada, reason="x", text="x", request=request_of(ada))
    elif one.state == "ended" and one.user:
        ending.reinstate(one, by=ada, reason="x", request=request_of(ada))


@pytest.mark.parametrize("seed", range(4))
def test_counters_never_drift(spring, alice, ada, shared, seed):
    chance = random.Random(seed)
    Promotion.objects.update(limit=6, limit_per_person=chance.choice([1, 2]))
    words = CodeBatch.objects.create(promotion=spring, tag="FEW", is_shared=True, state="ready")
    code = PromoCode.objects.create(batch=words, code="FEW2", uses=2, digest=code_format.digest_of("FEW2"))
    codes = ["WELCOME26", code.code, *batch_of(spring, "AAA", 2).codes.values_list("code", flat=True)]
    browsers = [Client(REMOTE_ADDR=f"198.51.100.{number}") for number in range(3)]
    seen: set[str] = set()
    for _step in range(80):
        one = chance.choice([None, *Redemption.objects.select_related("promotion", "user")])
        happens = chance.choice(["register", "register", "confirm", "lapse", "lapse", "decide"])
        if one is None or happens == "register":
            register_somebody(chance, codes, browsers)
        elif happens == "confirm":
            Client().post(link_of(one))
        else:
            lapse(one, chance) if happens == "lapse" else decide(one, ada)
        Throttle.objects.all().delete()
        seen |= set(Redemption.objects.values_list("state", flat=True))
        assert counted() == told_by_the_rows()
    assert len(seen) > 3, "it was a walk through most of what can happen"
