"""Rosa, who came by a promotion and never bought anything."""

import pytest

from accounts.models import User
from downloads.models import Entitlement
from promotions.models import PromoCode
from tests.cast import PASSWORD
from tests.promotions.walk import come_by_promotion, make_promotion, make_shared

ROSA = {"name": "Rosa Reed", "city": "Cork"}


@pytest.fixture
def spring_code(notebook) -> PromoCode:
    """The shared code of a promotion that gives a Notebook, and asks for a name and a town."""
    promotion = make_promotion(notebook)
    for name in ROSA:
        promotion.asked_fields.create(name=name, why="We like to know who you are.")
    return make_shared(promotion)


@pytest.fixture
def rosa(spring_code) -> User:
    """She has registered, confirmed, and chosen the cast's password."""
    come_by_promotion("rosa@example.com", **ROSA)
    user = User.objects.get(email="rosa@example.com")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


@pytest.fixture
def rosas(rosa) -> Entitlement:
    return rosa.entitlements.get()
