"""A product code that nobody knows is acknowledged, waits where staff see it, and is granted once it is known (rule 5)."""

import pytest

from downloads.models import Entitlement
from purchases.models import ProductCode, Purchase, WebhookEvent
from tests import cast
from tests.purchases.partner_side import line, purchase

pytestmark = pytest.mark.django_db


def test_an_unknown_code_waits_and_says_which(told, notebook):
    event = told(purchase(lines=[line(), line(2, "NB-3-ENG")]))
    assert (event.state, event.unknown_code) == ("waiting", "NB-3-ENG")
    assert event.state_reason == "Nobody knows the product code NB-3-ENG."
    assert not Entitlement.objects.exists(), "an order is granted as a whole"


def test_a_new_product_with_that_code_is_found_by_the_next_look(told, an_hour_later):
    event = told(purchase(lines=[line(code="NEW")]))
    cast.make_product("NEW", "New", "NEW")
    an_hour_later()
    event.refresh_from_db()
    assert (event.state, event.unknown_code) == ("fulfilled", "")
    assert Purchase.objects.count() == 1


def test_a_mapped_code_comes_before_our_own(told, notebook, mailer):
    ProductCode.objects.create(partner="standard-webhooks", code="NOTEBOOK", product=mailer)
    told(purchase())
    assert Entitlement.objects.get().product == mailer


def test_another_partners_mapping_does_not_count(told, notebook):
    ProductCode.objects.create(partner="plimus", code="NB-3-ENG", product=notebook)
    assert told(purchase(lines=[line(code="NB-3-ENG")])).state == "waiting"


def test_the_queue_is_per_partner_and_code(told, notebook):
    told(purchase("A-1", lines=[line(code="ONE")]))
    told(purchase("A-2", lines=[line(code="TWO")]))
    assert [row.order_reference for row in WebhookEvent.objects.waiting_for_code("standard-webhooks", "TWO")] == ["A-2"]
    assert not WebhookEvent.objects.waiting_for_code("plimus", "TWO").exists()
