"""Plimus's notifications: three ways of authentication, of which exactly the configured one counts, and its form."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downloads.models import Entitlement
from purchases.models import Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests import cast

pytestmark = pytest.mark.django_db
URL = "/partners/plimus/notify/"
KEY, OTHER_KEY = "data protection key", "its successor"
INSIDE, OUTSIDE = "62.216.234.200", "198.51.100.9"
NETWORKS = ["62.216.234.196/30", "62.216.234.200/29"]

ORDER = {
    "transactionType": "CHARGE",
    "referenceNumber": "38231434",
    "transactionDate": "01/02/2026 03:04 PM",
    "testMode": "N",
    "productId": "7700",
    "productName": "Notebook",
    "contractId": "NOTEBOOK",
    "contractName": "Notebook, single user",
    "contractPrice": "1,019.90",
    "quantity": "2",
    "currency": "USD",
    "invoiceAmount": "2,039.80",
    "firstName": "Alice",
    "lastName": "Archer",
    "company": "Archer & Daughters",
    "address1": "12 Quay Street",
    "city": "Galway",
    "state": "Connacht",
    "zipCode": "H91 XR5A",
    "country": "IE",
    "email": "Alice@example.com",
    "workPhone": "+353 91 555 012",
    "faxNumber": "+353 91 555 013",
    "remoteAddress": "203.0.113.7",
    "shippingMethod": "Download",
    "creditCardType": "Visa",
    "creditCardLastFourDigits": "1111",
}


def order(**changes: str) -> dict[str, str]:
    return ORDER | changes


def post(client: Client, form: dict[str, str], ip: str = INSIDE, **headers: str):
    return client.post(URL, urlencode(form), content_type="application/x-www-form-urlencoded", headers=headers, REMOTE_ADDR=ip)


def with_key(form: dict[str, str], key: str = KEY) -> dict[str, str]:
    return form | {"authKey": hashlib.md5((form["referenceNumber"] + form["contractId"] + key).encode()).hexdigest()}


def signature(form: dict[str, str], key: str = KEY, at: datetime | None = None) -> dict[str, str]:
    timestamp = (at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    digest = hmac.new(key.encode(), timestamp.encode() + urlencode(form).encode(), "sha256").hexdigest()
    return {"bls-ipn-timestamp": timestamp, "bls-signature": digest}


@pytest.fixture
def by_network(plimus):
    plimus |= {"authentication": "networks", "networks": NETWORKS}
    return plimus


@pytest.fixture
def by_key(plimus):
    plimus |= {"authentication": "auth-key", "networks": NETWORKS, "secrets": [KEY]}
    return plimus


@pytest.fixture
def by_signature(plimus):
    plimus |= {"authentication": "signature", "secrets": [KEY]}
    return plimus


@pytest.fixture
def told(client, by_network):
    def tell(**changes: str) -> WebhookEvent:
        assert post(client, order(**changes)).status_code == 200
        fulfil_due_events()
        return WebhookEvent.objects.latest("pk")

    return tell


# Authentication


def test_by_network(client, by_network):
    answer = post(client, ORDER)
    assert (answer.status_code, answer.content) == (200, b"")
    assert post(client, ORDER, ip=OUTSIDE).status_code == 401
    assert post(client, with_key(ORDER), OUTSIDE, **signature(with_key(ORDER))).status_code == 401, "another way does not count"


def test_the_network_is_that_behind_our_own_proxy(client, by_network, settings):
    assert post(client, ORDER, OUTSIDE, **{"X-Forwarded-For": INSIDE}).status_code == 401
    settings.TRUSTED_PROXIES = [OUTSIDE]
    assert post(client, ORDER, OUTSIDE, **{"X-Forwarded-For": INSIDE}).status_code == 200


def test_by_key_and_network(client, by_key):
    answer = post(client, with_key(ORDER))
    assert (answer.status_code, answer.content) == (200, hashlib.md5(f"OK{KEY}".encode()).hexdigest().encode())
    assert "authkey" not in WebhookEvent.objects.get().payload
    assert post(client, with_key(ORDER), ip=OUTSIDE).status_code == 401
    assert post(client, ORDER).status_code == 401
    assert post(client, with_key(ORDER, "guessed")).status_code == 401
    assert post(client, with_key(ORDER) | {"referenceNumber": "38231435"}).status_code == 401


def test_keys_rotate_and_the_receipt_goes_with_the_key(client, by_key):
    by_key["secrets"] = [OTHER_KEY, KEY]
    for key in (KEY, OTHER_KEY):
        assert post(client, with_key(ORDER, key)).content == hashlib.md5(f"OK{key}".encode()).hexdigest().encode()


def test_a_duplicate_gets_its_receipt_too(client, by_key):
    first, second = post(client, with_key(ORDER)), post(client, with_key(ORDER))
    assert first.content == second.content != b""
    assert WebhookEvent.objects.count() == 1


def test_by_signature(client, by_signature):
    answer = post(client, ORDER, OUTSIDE, **signature(ORDER))
    assert (answer.status_code, answer.content) == (200, b"")
    assert post(client, ORDER).status_code == 401
    assert post(client, order(quantity="9"), **signature(ORDER)).status_code == 401
    assert post(client, ORDER, **signature(ORDER, "guessed")).status_code == 401
    assert post(client, with_key(ORDER)).status_code == 401, "another way does not count"


def test_secrets_rotate(client, by_signature):
    by_signature["secrets"] = [OTHER_KEY, KEY]
    assert post(client, ORDER, **signature(ORDER, KEY)).status_code == 200
    assert post(client, ORDER, **signature(ORDER, OTHER_KEY)).status_code == 200


@pytest.mark.parametrize("away", [timedelta(hours=25), timedelta(hours=-25)])
def test_old_and_future_signatures_are_refused(client, by_signature, away):
    assert post(client, ORDER, **signature(ORDER, at=datetime.now(UTC) + away)).status_code == 401


def test_a_timestamp_that_is_none_is_refused(client, by_signature):
    assert post(client, ORDER, **signature(ORDER) | {"bls-ipn-timestamp": "now"}).status_code == 400


@pytest.mark.parametrize(
    "configured",
    [
        {"authentication": ""},
        {"authentication": "none"},
        {"authentication": "networks", "networks": []},
        {"authentication": "networks", "networks": ["62.216.234.196–222"]},
        {"authentication": "auth-key", "secrets": [KEY], "networks": []},
        {"authentication": "auth-key", "secrets": [], "networks": NETWORKS},
        {"authentication": "signature", "secrets": []},
        {"authentication": "signature", "secrets": [""]},
    ],
)
def test_half_configured_is_not_open(client, plimus, configured):
    plimus |= configured
    assert post(client, ORDER).status_code == 404
    assert client.get(URL).status_code == 404


def test_the_dashboard_tries_the_address_with_an_empty_get(client, by_network):
    answer = client.get(URL, REMOTE_ADDR=OUTSIDE)
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.put(URL).status_code == 405


# What is in the form


def test_an_order_becomes_a_purchase(told, notebook):
    assert told().state == "fulfilled"
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


def test_further_lines_are_numbered_from_zero(told, notebook, mailer):
    told(
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
def test_the_total_is_in_the_currency_of_the_order_or_not_kept(told, notebook, changes, currency, total):
    told(**changes)
    assert Purchase.objects.values_list("currency", "total").get() == (currency, total)


def test_texts_that_are_too_long_are_cut(told, notebook):
    assert told(company="c" * 999, zipCode="z" * 999, contractName="n" * 999, shippingMethod="s" * 999).state == "fulfilled"


def test_a_test_grants_nothing(told, notebook):
    assert told(testMode="Y").state == "ignored"
    assert not Entitlement.objects.exists()


@pytest.mark.parametrize(
    "kind", ["AUTH_ONLY", "AUTH_ONLY_SINGLE_CHARGE", "RECURRING", "CONTRACT_CHANGE", "CANCELLATION", "CANCEL", "DECLINE", "SOMETHING_NEW"]
)
def test_what_is_no_purchase_grants_nothing_and_says_so(told, notebook, kind):
    event = told(transactionType=kind)
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


# Reversals


def test_a_refund_takes_the_order_back_once(told, notebook):
    told()
    refund = told(transactionType="REFUND", reversalRefNum="1", invoiceAmount="-2,039.80")
    assert (refund.kind, refund.state) == ("refund", "fulfilled")
    assert Entitlement.objects.get().units_revoked == 2
    assert told(transactionType="REFUND", reversalRefNum="1", invoiceAmount="-2,039.80") == refund
    assert told(transactionType="REFUND", reversalRefNum="2").state == "ignored"


def test_a_refund_of_a_part_of_the_price_is_for_staff(told, notebook):
    told()
    refund = told(transactionType="REFUND", reversalRefNum="1", invoiceAmount="-500.00")
    assert refund.state == "failed"
    assert "staff decide" in refund.state_reason
    assert Entitlement.objects.get().units_revoked == 0


def test_a_refund_with_a_number_of_its_own_is_joined_by_the_original(told, notebook):
    told()
    assert told(transactionType="REFUND", referenceNumber="555", originalReferenceNumber="38231434").state == "fulfilled"
    assert Entitlement.objects.get().units_revoked == 2


def test_a_refund_that_comes_first_is_joined_by_the_original_too(told, notebook):
    refund = told(transactionType="REFUND", referenceNumber="555", originalReferenceNumber="38231434")
    assert refund.state == "waiting"
    told()
    refund.refresh_from_db()
    assert refund.state == "fulfilled"


def test_the_refund_of_a_renewal_leaves_the_first_order(told, notebook):
    told()
    told(transactionType="RECURRING", referenceNumber="777", originalReferenceNumber="38231434")
    refund = told(transactionType="REFUND", referenceNumber="777", originalReferenceNumber="38231434")
    assert (refund.state, refund.state_reason) == ("ignored", "It is about a renewal, which granted nothing.")
    assert Entitlement.objects.get().units_revoked == 0


@pytest.mark.parametrize(("taking", "giving"), [("REFUND", "CANCELLATION_REFUND"), ("CHARGEBACK", "CANCELLATION_CHARGEBACK")])
def test_what_was_taken_comes_back_with_its_cancellation(told, notebook, taking, giving):
    told()
    told(transactionType=taking, reversalRefNum="1")
    assert Entitlement.objects.get().units_revoked == 2
    assert told(transactionType=giving, reversalRefNum="2").state == "fulfilled"
    assert Entitlement.objects.get().units_revoked == 0


def test_nothing_about_payment_is_kept(told, notebook):
    event = told(comment="my card is 4111 1111 1111 1111")
    assert "creditcardtype" not in event.payload
    assert "creditcardlastfourdigits" not in event.payload
    assert "4111" not in str(event.payload)


def test_the_house_has_the_product_under_another_code(told):
    cast.make_product("7700", "By number", "NUM")
    assert told().unknown_code == "NOTEBOOK", "the contract is what was bought"
