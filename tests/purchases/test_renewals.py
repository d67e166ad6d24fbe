"""A renewal extends, refunding it subtracts, reversing the refund restores; the customer reads what it means."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from dateutil.relativedelta import relativedelta

from audit.models import AuditEvent
from downloads.models import AllowanceEntry, Entitlement
from mailroom.models import OutgoingMail
from purchases.intake.lines import lines_of
from purchases.models import EventKind, Purchase
from purchases.partners.base import Event, OrderLine
from tests import cast
from tests.purchases.partner_side import line, purchase, reversal

pytestmark = pytest.mark.django_db
PAID = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def yearly(notebook):
    """Notebook includes a year of upgrades."""
    notebook.upgrade_months = 12
    notebook.save()
    return notebook


def renewal(order: str = "A-2", renews: str = "A-1", lines: list | None = None, at: datetime = PAID, **more) -> dict:
    data = {"order_reference": order, "renews": renews, "purchased_at": at.isoformat().replace("+00:00", "Z")}
    return {"type": "purchase.renewed", "data": data | ({"lines": lines} if lines else {}) | more}


@pytest.fixture
def bought(told, yearly) -> Entitlement:
    """Two Notebooks."""
    told(purchase(lines=[line(quantity=2)]))
    return Entitlement.objects.get()


def test_a_renewal_extends_from_the_end_of_the_period(told, bought):
    soon = bought.granted_until - relativedelta(months=1)
    assert told(renewal(at=soon)).state == "fulfilled"
    bought.refresh_from_db()
    assert bought.upgrades_until == bought.granted_until + relativedelta(months=12)


def test_a_late_renewal_extends_from_its_own_day(told, bought):
    told(renewal())
    bought.refresh_from_db()
    assert bought.upgrades_until == PAID + relativedelta(months=12)


def test_it_is_a_purchase_of_its_own_that_points_to_the_first(told, bought):
    told(renewal(currency="EUR", total="9.00"))
    first, second = Purchase.objects.order_by("pk")
    assert (second.order_reference, second.renews, second.user, str(second.total)) == ("A-2", first, first.user, "9.00")
    assert second.items.get().entitlement == bought
    assert AuditEvent.objects.get(kind="upgrades.renewed").user == first.user


def test_it_brings_the_downloads_of_its_units(told, bought):
    told(renewal())
    bought.refresh_from_db()
    assert bought.downloads_allowed == 20
    assert AllowanceEntry.objects.filter(kind="renewed").get().change == 10
    assert not Entitlement.objects.not_summing()


def test_the_customer_reads_until_when(told, bought):
    told(renewal())
    mail = OutgoingMail.objects.latest("pk")
    assert mail.subject == "New releases for longer: your renewal A-2"
    for body in (mail.text, mail.html):
        assert "New releases are included until 6 May 2031" in body


def test_the_same_renewal_twice_counts_once(told, bought):
    told(renewal())
    again = told(renewal())
    assert (again.state, again.state_reason) == ("ignored", "The renewal is already recorded.")
    assert Entitlement.objects.get().extensions.count() == 1


def test_refunding_it_subtracts_and_reversing_restores(told, bought):
    told(renewal())
    told(reversal("refunded", "A-2"))
    bought.refresh_from_db()
    assert (bought.upgrades_until, bought.units_left, bought.downloads_allowed) == (bought.granted_until, 2, 10)
    mail = OutgoingMail.objects.latest("pk")
    assert "2 × Notebook: the renewal" in mail.text
    assert "before the renewal stay yours" in mail.text
    told(reversal("refund_reversed", "A-2") | {"timestamp": "2026-04-01T00:00:00Z"})
    bought.refresh_from_db()
    assert (bought.upgrades_until, bought.downloads_allowed) == (PAID + relativedelta(months=12), 20)
    assert OutgoingMail.objects.latest("pk").subject == "Order A-2 is yours again"


def test_refunding_the_first_of_two_renewals_leaves_the_second(told, bought):
    told(renewal("A-2"))
    told(renewal("A-3", at=PAID + relativedelta(months=11)))
    bought.refresh_from_db()
    assert bought.upgrades_until == PAID + relativedelta(months=24)
    told(reversal("refunded", "A-2"))
    bought.refresh_from_db()
    assert bought.upgrades_until == PAID + relativedelta(months=23), "the second begins when it was paid"


def test_a_renewal_of_fewer_units_waits_for_the_others(told, bought):
    told(renewal(lines=[{"line_number": 1, "quantity": 1}]))
    bought.refresh_from_db()
    assert bought.upgrades_until == bought.granted_until
    assert "It covers 1 of your 2 units" in OutgoingMail.objects.latest("pk").text


def test_once_only_the_renewed_units_are_left_it_counts(told, bought):
    told(renewal(lines=[{"line_number": 1, "quantity": 1}]))
    told(reversal("refunded", lines=[{"line_number": 1, "quantity": 1}]))
    bought.refresh_from_db()
    assert (bought.units_left, bought.upgrades_until) == (1, PAID + relativedelta(months=12))


def test_it_may_come_before_the_first_order(told, yearly):
    waiting = told(renewal())
    assert (waiting.state, waiting.state_reason) == ("waiting", "The order that it renews has not come yet.")
    told(purchase())
    waiting.refresh_from_db()
    assert waiting.state == "fulfilled"


def test_it_is_joined_by_a_further_reference(told, yearly):
    told(purchase(references=["sub_1"]))
    assert told(renewal(renews="sub_1")).state == "fulfilled"
    assert told(renewal("A-3", renews="sub_2")).state == "waiting"


def test_a_line_that_the_order_does_not_have_is_for_staff(told, bought):
    wrong = told(renewal(lines=[{"line_number": 7}]))
    assert (wrong.state, wrong.state_reason) == ("failed", "The order has no line 7.")


def test_what_staff_choose_stands_whatever_renewals_came_before(told, bought):
    told(renewal())
    chosen = datetime(2028, 1, 1, tzinfo=UTC)
    Entitlement.objects.get().include_until(chosen)
    told(reversal("refunded", "A-2"))
    bought.refresh_from_db()
    assert bought.upgrades_until == chosen
    told(renewal("A-3"))
    bought.refresh_from_db()
    assert bought.upgrades_until == PAID + relativedelta(months=12)


def test_a_product_without_end_stays_without(told, notebook):
    told(purchase())
    told(renewal())
    assert Entitlement.objects.get().upgrades_until is None


def test_refunding_the_first_order_and_its_renewal_leaves_nothing(told, bought):
    told(renewal())
    told(reversal("refunded", "A-1"))
    told(reversal("refunded", "A-2"))
    bought.refresh_from_db()
    assert (bought.units_left, bought.remaining, bought.upgrades_until) == (0, 0, bought.granted_until)


def test_two_lines_of_one_product_are_two_lines(yearly):
    """A partner that names lines by the product's code names one of them twice."""
    first = cast.buy(cast.ALICE, yearly, order="A-9").user.entitlements.get()
    order = Purchase.objects.create(partner="fastspring", order_reference="A-9", user=first.user, email=first.user.email, purchased_at=PAID)
    for number in (1, 2):
        order.items.create(line_number=number, product_code="NOTEBOOK", entitlement=first)
    twice = Event(EventKind.RENEWAL, "1", "renewal", lines=(OrderLine(0, 1, "NOTEBOOK"), OrderLine(0, 1, "NOTEBOOK")))
    chosen, missing = lines_of(order, twice)
    assert ([item.line_number for item, _units in chosen], missing) == ([1, 2], "")
    assert lines_of(order, replace(twice, lines=twice.lines * 2))[1] == "The order has no line NOTEBOOK."
