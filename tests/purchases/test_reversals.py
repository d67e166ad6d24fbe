"""Refunds, chargebacks and their reversals: the units concerned and no more, in whatever order they come (rules 3 and 6)."""

import pytest

from audit.models import AuditEvent
from downloads.models import Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import Purchase, Reversal, WebhookEvent
from tests.purchases.partner_side import line, post, purchase, reversal

pytestmark = pytest.mark.django_db


@pytest.fixture
def bought(told, notebook, mailer) -> Purchase:
    """Three Notebooks and one Mailer."""
    told(purchase(lines=[line(1, quantity=3), line(2, "MAILER")]))
    return Purchase.objects.get()


def units_left() -> list[int]:
    return [row.units - row.units_revoked for row in Entitlement.objects.order_by("pk")]


def valid_codes() -> int:
    return UnlockCode.objects.filter(revoked_at=None).count()


def test_a_refund_without_lines_is_the_whole_order(told, bought):
    assert told(reversal("refunded")).state == "fulfilled"
    assert (units_left(), valid_codes()) == ([0, 0], 0)
    assert AuditEvent.objects.get(kind="purchase.refunded").detail["units"] == 4
    assert AuditEvent.objects.filter(kind="entitlement.revoked", user=bought.user).count() == 2


def test_a_refund_of_a_line_leaves_the_others(told, bought):
    told(reversal("refunded", lines=[{"line_number": 2}]))
    assert units_left() == [3, 0]


def test_a_refund_of_units_leaves_the_others(told, bought):
    told(reversal("refunded", lines=[{"line_number": 1, "quantity": 1}]))
    assert (units_left(), valid_codes()) == ([2, 1], 3)


def test_refunds_add_up_to_what_was_bought_and_no_more(told, bought):
    told(reversal("refunded", lines=[{"line_number": 1, "quantity": 2}]))
    told(reversal("refunded", lines=[{"line_number": 1, "quantity": 2}]))
    assert units_left() == [0, 1]
    assert told(reversal("refunded")).state == "fulfilled"
    assert units_left() == [0, 0]
    last = told(reversal("refunded"))
    assert (last.state, last.state_reason) == ("ignored", "Nothing was left to take back.")
    assert [Reversal.objects.units_refunded(item) for item in bought.items.all()] == [3, 1]


def test_the_same_refund_twice_counts_once(client, told, bought):
    refund = reversal("refunded", lines=[{"line_number": 1, "quantity": 1}])
    told(refund, "msg_refund")
    told(refund, "msg_refund")
    assert units_left() == [2, 1]


def test_the_customer_is_told(told, bought):
    told(reversal("refunded", lines=[{"line_number": 1, "quantity": 2}]))
    mail = OutgoingMail.objects.latest("pk")
    assert (mail.to, mail.subject, mail.user) == (bought.user.email, "Your refund for order A-1", bought.user)
    for body in (mail.text, mail.html):
        assert "2 × Notebook" in body
        assert "The rest of your order stays yours." in body
    told(reversal("refunded"))
    assert "no longer valid, and its downloads have ended" in OutgoingMail.objects.latest("pk").text


def test_a_refund_before_its_purchase_waits_for_it(told, an_hour_later, notebook):
    refund = told(reversal("refunded"))
    assert (refund.state, refund.state_reason) == ("waiting", "Its purchase has not come yet.")
    told(purchase())
    refund.refresh_from_db()
    assert refund.state == "fulfilled", "the purchase wakes it; nobody waits for the pause to end"
    assert units_left() == [0]


def test_pauses_grow_to_an_hour_and_waiting_never_gives_up(told, an_hour_later):
    refund = told(reversal("refunded"))
    for _hour in range(30):
        an_hour_later()
    refund.refresh_from_db()
    assert (refund.state, refund.failures) == ("waiting", 0)
    told(reversal("refunded", "B-1"))
    assert WebhookEvent.objects.order_by("next_try_at").last() == refund


def test_a_line_that_the_order_does_not_have_is_for_staff(told, bought):
    refund = told(reversal("refunded", lines=[{"line_number": 1}, {"line_number": 9}]))
    assert (refund.state, refund.state_reason) == ("failed", "The order has no line 9.")
    assert units_left() == [3, 1]


def test_a_chargeback_takes_the_whole_order(told, bought):
    assert told(reversal("charged_back")).state == "fulfilled"
    assert (units_left(), valid_codes()) == ([0, 0], 0)


def test_a_reversed_chargeback_gives_back_what_it_took_and_no_refund(told, bought):
    told(reversal("refunded", lines=[{"line_number": 1, "quantity": 1}]))
    codes = set(UnlockCode.objects.filter(revoked_at=None).values_list("code", flat=True))
    told(reversal("charged_back"))
    assert units_left() == [0, 0]
    assert told(reversal("chargeback_reversed")).state == "fulfilled"
    assert units_left() == [2, 1]
    assert set(UnlockCode.objects.filter(revoked_at=None).values_list("code", flat=True)) == codes
    assert AuditEvent.objects.get(kind="purchase.restored").detail["units"] == 3
    again = told(reversal("chargeback_reversed"))
    assert (again.state, units_left()) == ("ignored", [2, 1])


def test_a_second_chargeback_can_be_reversed_too(told, bought):
    for _time in range(2):
        told(reversal("charged_back"))
        told(reversal("chargeback_reversed"))
    assert units_left() == [3, 1]


def test_a_part_of_a_chargeback_can_be_reversed(told, bought):
    told(reversal("charged_back"))
    told(reversal("chargeback_reversed", lines=[{"line_number": 1, "quantity": 2}]))
    assert units_left() == [2, 0]
    told(reversal("chargeback_reversed"))
    assert units_left() == [3, 1]


def test_everything_in_the_wrong_order_ends_right(client, told, an_hour_later, notebook):
    for payload in (reversal("chargeback_reversed"), reversal("charged_back"), purchase()):
        assert post(client, payload).status_code == 200
    for _time in range(3):
        an_hour_later()
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"fulfilled"}
    assert units_left() == [1]


def test_a_refund_is_of_its_own_partner_alone(told, bought):
    Purchase.objects.update(partner="plimus")
    assert told(reversal("refunded")).state == "waiting"
    assert units_left() == [3, 1]
