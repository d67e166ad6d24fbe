"""Any body of the oldest two formats, rightly vouched for, is read or refused; the other partners' own tests try theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.card_data import without_card_data
from purchases.models import EventKind
from purchases.partners import own_format
from purchases.partners.base import Notice
from purchases.partners.bluesnap import BlueSnap
from purchases.partners.plimus import Plimus
from tests.purchases import fuzz
from tests.purchases.form_fuzz import check_reading, forms, many_forms
from tests.purchases.partner_side import line, purchase, reversal
from tests.purchases.plimus_side import INSIDE, KEY, NETWORKS, ORDER, order, signature_of

RENEWAL = {"type": "purchase.renewed", "data": {"order_reference": "A-2", "renews": "A-1", "purchased_at": "2026-12-02T03:04:05Z"}}
OURS = [purchase(lines=[line(1, quantity=2), line(2)], references=["sub_1"]), RENEWAL, reversal("refunded", lines=[{"line_number": 1}])]
PLIMUS = forms(ORDER) | forms(order(transactionType="RECURRING", subscriptionId="7", promoteContractsNum="1", promoteContractId0="X"))


@pytest.fixture
def closed_to_strangers(plimus, settings) -> None:
    plimus |= {"authentication": "networks", "networks": NETWORKS}
    settings.PARTNERS["bluesnap"]["secrets"] = [KEY]


@pytest.mark.django_db
@many_forms
@given(body=PLIMUS)
def test_any_form_of_plimus_is_read_or_refused(closed_to_strangers, body):
    check_reading(Plimus(), Notice(body, {}, INSIDE))


@pytest.mark.django_db
@many_forms
@given(body=PLIMUS)
def test_any_form_of_bluesnap_is_read_or_refused(closed_to_strangers, body):
    check_reading(BlueSnap(), Notice(body, signature_of(body), None))


@fuzz.reading
@given(payload=fuzz.changed(OURS) | st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=4))
def test_anything_in_our_own_format_is_read_or_refused(payload):
    def read() -> tuple:
        return (own_format.read(without_card_data(payload), "msg_1"),)

    for event in fuzz.taken(read):
        if event.kind == EventKind.PURCHASE:
            fuzz.check_fits(event)
        assert all(line.quantity is None or line.quantity > 0 for line in event.lines)
