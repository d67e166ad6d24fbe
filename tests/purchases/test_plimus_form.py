"""What Plimus says in its form, and what becomes of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downloads.models import Entitlement
from mailroom.models import OutgoingMail
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests import cast
from tests.purchases.plimus_side import INSIDE, ORDER, URL, order, post

pytestmark = pytest.mark.django_db


def test_an_order_becomes_a_purchase(plimus_told, notebook):
    assert plimus_told().state == "fulfilled"
    bought = Purchase.objects.get()
    assert (bought.partner, bought.order_reference, bought.currency, bought.total) == ("plimus", "38231434", "USD", Decimal("2039.80"))
    assert bought.purchased_at == datetime(2026, 1, 2, 23, 4, tzinfo=UTC), "Plimus's clocks are eight hours behind UTC"
    assert (bought.name, bought.company, bought.region, bought.postal_code) == (
        "Alice Archer",
        "Archer & Daughters",
        "Connacht",
        "H91 XR5A",
    )
    assert (bought.telephone, bought.fax, bought.ip) == ("+353 91 555 012", "+353 91 555 013", "203.0.113.7")
    item = bought.items.get()
    assert (item.product_name, item.quantity, item.unit_price) == ("Notebook, single user", 2, Decimal("1019.90"))
    assert item.delivery_option == "Download"


def test_names_are_found_whatever_their_case(client, by_network, notebook):
    assert post(client, {name.upper(): value for name, value in ORDER.items()}).status_code == 200
    fulfil_due_events()
    assert Purchase.objects.get().email == "Alice@example.com"


def test_further_lines_are_numbered_from_zero(plimus_told, notebook, mailer):
    plimus_told(
        promoteContractsNum="2",
        promoteContractId0="MAILER",
        promoteContractName0="Mailer",
        promoteContractPrice0="9.50",
        promoteContractQuantity0="3",
        promoteContractId1="NOTEBOOK",
    )
    lines = Purchase.objects.get().items.values_list("line_number", "product_code", "quantity", "unit_price")
    assert list(lines) == [(1, "NOTEBOOK", 2, Decimal("1019.90")), (2, "MAILER", 3, Decimal("9.50")), (3, "NOTEBOOK", 1, None)]


@pytest.mark.parametrize(
    ("changes", "currency", "total"),
    [
        ({"currency": "EUR"}, "EUR", None),
        ({"currency": "EUR", "invoiceChargeAmount": "1,800.00", "invoiceChargeCurrency": "EUR"}, "EUR", Decimal("1800.00")),
        ({"invoiceAmount": "", "invoiceAmountUSD": "12"}, "USD", Decimal(12)),
    ],
)
def test_the_total_is_in_the_currency_of_the_order_or_not_kept(plimus_told, notebook, changes, currency, total):
    plimus_told(**changes)
    assert Purchase.objects.values_list("currency", "total").get() == (currency, total)


def test_texts_that_are_too_long_are_cut(plimus_told, notebook):
    assert plimus_told(company="c" * 999, zipCode="z" * 999, contractName="n" * 999, shippingMethod="s" * 999).state == "fulfilled"


def test_a_test_grants_nothing(plimus_told, notebook):
    assert plimus_told(testMode="Y").state == "ignored"
    assert not Entitlement.objects.exists()


@pytest.mark.parametrize(
    "kind", ["AUTH_ONLY", "AUTH_ONLY_SINGLE_CHARGE", "CONTRACT_CHANGE", "CANCELLATION", "CANCEL", "DECLINE", "SOMETHING_NEW"]
)
def test_what_is_no_purchase_grants_nothing_and_says_so(plimus_told, notebook, kind):
    event = plimus_told(transactionType=kind)
    assert event.state == "ignored"
    assert event.state_reason
    assert not Entitlement.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"transactionType": ""},
        {"transactionType": "T" * 101},
        {"referenceNumber": ""},
        {"referenceNumber": "9" * 71},
        {"referenceNumber": "é"},
        {"transactionDate": "2026-01-02"},
        {"transactionDate": "13/13/2026 01:00 PM"},
        {"transactionDate": "01/01/0001 01:00 AM"},
        {"contractId": ""},
        {"contractId": "c" * 101},
        {"contractPrice": "free"},
        {"contractPrice": "."},
        {"contractPrice": ","},
        {"contractPrice": "99999999999"},
        {"quantity": "0"},
        {"quantity": "-1"},
        {"quantity": "10001"},
        {"quantity": "two"},
        {"currency": "Euro"},
        {"email": ""},
        {"email": "nobody"},
        {"email": "a@b.example\r\nBcc: c@d.example"},
        {"promoteContractsNum": "100"},
        {"promoteContractsNum": "1"},
        {"promoteContractsNum": "x"},
    ],
    ids=str,
)
def test_a_form_that_cannot_be_read_is_refused(client, by_network, changes):
    answer = post(client, order(**changes))
    assert (answer.status_code, answer.content) == (400, b"")
    assert not WebhookEvent.objects.exists()


def test_a_name_that_says_two_things_is_refused(client, by_network):
    assert post(client, ORDER | {"QUANTITY": "200"}).status_code == 400
    assert post(client, ORDER | {"QUANTITY": ORDER["quantity"]}).status_code == 200


def test_a_form_with_too_many_fields_is_refused(client, by_network):
    assert post(client, ORDER | {f"x{number}": "" for number in range(2001)}).status_code == 400


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300)
    | st.lists(st.sampled_from(sorted(ORDER))).map(lambda names: urlencode({n: ORDER[n] for n in names}).encode())
)
def test_any_bytes_are_answered(by_network, body):
    answer = Client().post(URL, body, content_type="application/x-www-form-urlencoded", REMOTE_ADDR=INSIDE)
    assert answer.status_code in (200, 400)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(ORDER)), text=st.text(max_size=60))
def test_any_text_in_any_field_is_answered_and_worked_on(by_network, notebook, name, text):
    assert post(Client(), order(**{name: text.encode(errors="replace").decode()})).status_code in (200, 400)
    fulfil_due_events()
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()


def test_a_refund_takes_the_order_back_once(plimus_told, notebook):
    plimus_told()
    refund = plimus_told(transactionType="REFUND", reversalRefNum="1", invoiceAmount="-2,039.80")
    assert (refund.kind, refund.state) == ("refund", "fulfilled")
    assert Entitlement.objects.get().units_revoked == 2
    assert plimus_told(transactionType="REFUND", reversalRefNum="1", invoiceAmount="-2,039.80") == refund
    assert plimus_told(transactionType="REFUND", reversalRefNum="2").state == "ignored"


def test_a_refund_of_a_part_of_the_price_is_for_staff(plimus_told, notebook):
    plimus_told()
    refund = plimus_told(transactionType="REFUND", reversalRefNum="1", invoiceAmount="-500.00")
    assert refund.state == "failed"
    assert "staff decide" in refund.state_reason
    assert Entitlement.objects.get().units_revoked == 0


@pytest.mark.parametrize("comes_first", [False, True])
def test_a_refund_with_a_number_of_its_own_is_joined_by_the_original_after_an_hour(plimus_told, notebook, an_hour_later, comes_first):
    """Until then the payment that it names may be a renewal which is still to come."""
    if not comes_first:
        plimus_told()
    refund = plimus_told(transactionType="REFUND", referenceNumber="555", originalReferenceNumber="38231434")
    if comes_first:
        plimus_told()
    an_hour_later()
    refund.refresh_from_db()
    assert (refund.state, Entitlement.objects.get().units_revoked) == ("waiting", 0)
    WebhookEvent.objects.update(received_at=timezone.now() - timedelta(minutes=61))
    an_hour_later()
    refund.refresh_from_db()
    assert (refund.state, Entitlement.objects.get().units_revoked) == ("fulfilled", 2)


RENEWAL = {"referenceNumber": "777", "originalReferenceNumber": "38231434"}


@pytest.mark.parametrize("comes_first", [False, True])
def test_the_refund_of_a_renewal_leaves_the_first_order(plimus_told, notebook, an_hour_later, comes_first):
    notebook.upgrade_months = 12
    notebook.save()
    plimus_told()
    until = Entitlement.objects.get().upgrades_until
    if comes_first:
        plimus_told(transactionType="REFUND", reversalRefNum="1", **RENEWAL)
    renewal = plimus_told(transactionType="RECURRING", **RENEWAL)
    assert (renewal.kind, renewal.state) == ("renewal", "fulfilled")
    if not comes_first:
        assert Entitlement.objects.get().upgrades_until > until
        plimus_told(transactionType="REFUND", reversalRefNum="1", **RENEWAL)
    an_hour_later()
    owned = Entitlement.objects.get()
    assert (owned.units_revoked, owned.upgrades_until) == (0, until)
    assert "the renewal" in OutgoingMail.objects.latest("pk").text


@pytest.mark.parametrize(("taking", "giving"), [("REFUND", "CANCELLATION_REFUND"), ("CHARGEBACK", "CANCELLATION_CHARGEBACK")])
def test_what_was_taken_comes_back_with_its_cancellation(plimus_told, notebook, taking, giving):
    plimus_told()
    plimus_told(transactionType=taking, reversalRefNum="1")
    assert Entitlement.objects.get().units_revoked == 2
    assert plimus_told(transactionType=giving, reversalRefNum="2").state == "fulfilled"
    assert Entitlement.objects.get().units_revoked == 0


def test_nothing_about_payment_is_kept(plimus_told, notebook):
    event = plimus_told(comment="my card is 4111 1111 1111 1111")
    assert "creditcardtype" not in event.payload
    assert "creditcardlastfourdigits" not in event.payload
    assert "4111" not in str(event.payload)


def test_the_house_has_the_product_under_another_code(plimus_told):
    cast.make_product("7700", "By number", "NUM")
    assert plimus_told().unknown_code == "NOTEBOOK", "the contract is what was bought"


@pytest.mark.parametrize(
    "amounts",
    [
        {"invoiceAmount": ""},
        {"currency": "EUR"},
        {"currency": "EUR", "invoiceChargeAmount": "-500.00", "invoiceChargeCurrency": "EUR"},
    ],
    ids=["no amount", "an amount in another currency", "a part, in another currency"],
)
@pytest.mark.parametrize("kind", ["REFUND", "CHARGEBACK"])
def test_an_amount_that_says_nothing_is_for_staff(plimus_told, notebook, kind, amounts):
    plimus_told()
    assert plimus_told(transactionType=kind, reversalRefNum="1", **amounts).state == "failed"
    assert Entitlement.objects.get().units_revoked == 0
