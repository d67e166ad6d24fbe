"""An upgrade is sold to whoever has the product already."""

import pytest

from downloads.models import Edition, Entitlement
from purchases.models import ProductCode, WebhookEvent
from tests.purchases.partner_side import BUYER, line, purchase, reversal

pytestmark = pytest.mark.django_db
WHY = "An upgrade: the account of this address has too few units of Notebook."


@pytest.fixture
def professional(notebook) -> Edition:
    return Edition.objects.create(product=notebook, code="NB-PRO", name="Professional")


@pytest.fixture(autouse=True)
def upgrade(notebook, professional) -> ProductCode:
    return ProductCode.objects.create(partner="standard-webhooks", code="NB-UP", product=notebook, edition=professional, is_upgrade=True)


def upgraded(order: str = "A-2", **more) -> dict:
    return purchase(order, [line(code="NB-UP", **more)])


def test_who_has_the_product_gets_the_edition_with_codes_of_its_own(told, professional):
    told(purchase())
    assert told(upgraded()).state == "fulfilled"
    first, second = Entitlement.objects.order_by("pk")
    assert (first.units_left, second.units_left, second.edition) == (1, 1, professional)
    assert second.unlock_codes.count() == 1


def test_without_the_product_it_waits_and_says_why(told):
    event = told(upgraded())
    assert (event.state, event.state_reason) == ("waiting", WHY)
    assert not Entitlement.objects.exists()


def test_the_product_may_come_later(told, an_hour_later):
    waiting = told(upgraded())
    told(purchase())
    an_hour_later()
    waiting.refresh_from_db()
    assert waiting.state == "fulfilled"


def test_somebody_elses_product_does_not_count(told):
    told(purchase(buyer=BUYER | {"email": "bob@example.org"}))
    assert told(upgraded()).state == "waiting"


@pytest.mark.parametrize(("owned", "state"), [(1, "waiting"), (2, "fulfilled")])
def test_as_many_units_as_the_upgrade_has(told, owned, state):
    told(purchase(lines=[line(quantity=owned)]))
    assert told(upgraded(quantity=2)).state == state


def test_a_refunded_product_does_not_count(told):
    told(purchase())
    told(reversal("refunded"))
    assert told(upgraded()).state == "waiting"


def test_refunding_the_upgrade_leaves_the_product(told):
    told(purchase())
    told(upgraded())
    told(reversal("refunded", "A-2"))
    assert [row.units_left for row in Entitlement.objects.order_by("pk")] == [1, 0]


def test_staff_may_grant_it_all_the_same(told, an_hour_later):
    waiting = told(upgraded())
    WebhookEvent.objects.filter(pk=waiting.pk).update(is_waived=True)
    an_hour_later()
    assert Entitlement.objects.get().edition.code == "NB-PRO"


def test_one_unit_is_upgraded_once_at_a_time(told, notebook):
    notebook.upgrade_months = 12
    notebook.save()
    told(purchase())
    told(upgraded())
    again = told(upgraded("A-3"))
    assert (again.state, again.state_reason) == ("waiting", WHY)
    Entitlement.objects.update(upgrades_until="2020-01-01T00:00:00Z")
    assert told(upgraded("A-4")).state == "fulfilled", "the next upgrade, once the last one has ended"
