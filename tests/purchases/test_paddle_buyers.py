"""Paddle names a buyer by numbers, and tells who that is in notifications of their own, or when it is asked."""

from itertools import permutations

import pytest

from accounts.models import User
from purchases.models import BuyerDetails, Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.purchases.api_server import api_server
from tests.purchases.paddle_side import ADDRESS, BUSINESS, CUSTOMER, MARCH, SANDBOX_SECRET, address, business, completed, customer, post
from tests.purchases.sides.paddle import SIDE

pytestmark = pytest.mark.django_db
KEY = "pdl_live_apikey_for_the_tests"
FOLDER = f"/customers/{CUSTOMER}"


@pytest.fixture(autouse=True)
def paddle(settings):
    with SIDE.opened(settings):
        yield settings.PARTNERS["paddle"]


@pytest.fixture
def api(paddle):
    with api_server() as playing:
        paddle |= {"api_key": KEY, "api": playing.address}
        playing.answer(FOLDER, {"data": customer()["data"], "meta": {}})
        playing.answer(f"{FOLDER}/addresses/{ADDRESS}", {"data": address()["data"]})
        playing.answer(f"{FOLDER}/businesses/{BUSINESS}", {"data": business()["data"]})
        yield playing


@pytest.fixture
def paddle_told(client):
    def tell(payload) -> WebhookEvent:
        assert post(client, payload).status_code == 200
        fulfil_due_events()
        return WebhookEvent.objects.latest("pk")

    return tell


def the_buyer() -> dict[str, str]:
    bought = Purchase.objects.get()
    return {"email": bought.email} | bought.contact_parts


ALICE = {
    "email": "Alice@example.com",
    "name": "Alice Archer",
    "company": "Archer & Daughters",
    "address1": "12 Quay Street",
    "city": "Galway",
    "region": "Connacht",
    "postal_code": "H91 XR5A",
    "country": "IE",
}


@pytest.mark.parametrize("order", list(permutations(["order", "customer", "address", "business"])), ids=" ".join)
def test_whatever_comes_first_the_buyer_is_whole(paddle_told, notebook, order):
    messages = {"order": completed(), "customer": customer(), "address": address(), "business": business()}
    for name in order:
        paddle_told(messages[name])
    assert the_buyer() == ALICE
    assert User.objects.get().contact_parts == Purchase.objects.get().contact_parts
    assert not WebhookEvent.objects.exclude(state="fulfilled").exists()


def test_an_order_waits_visibly_for_its_buyer(paddle_told, notebook):
    row = paddle_told(completed())
    assert (row.state, row.state_reason) == ("waiting", "The partner has not told yet who bought.")
    paddle_told(address())
    row.refresh_from_db()
    assert row.state == "waiting"
    paddle_told(customer())
    row.refresh_from_db()
    assert row.state == "fulfilled"


def test_a_second_order_needs_no_telling(paddle_told, notebook):
    for payload in (customer(), completed()):
        paddle_told(payload)
    BuyerDetails.objects.all().delete()
    assert paddle_told(completed(id="txn_2")).state == "fulfilled"
    assert User.objects.count() == 1


def test_what_was_told_last_counts_whatever_comes_last(paddle_told, notebook):
    paddle_told(customer("updated", MARCH, email="alice@example.net"))
    paddle_told(customer())
    paddle_told(completed())
    assert Purchase.objects.get().email == "alice@example.net"


@pytest.mark.parametrize("email", [None, "", "nobody", 7, ["a@example.com"], "a@b.c\r\nBcc: d@e.f", f"{'a' * 250}@example.com"])
def test_an_address_that_is_none_is_waited_for(paddle_told, notebook, email):
    paddle_told(customer(email=email))
    assert paddle_told(completed()).state == "waiting"
    paddle_told(customer("updated", MARCH))
    assert Purchase.objects.get().email == "Alice@example.com"


def test_an_order_that_names_no_buyer_is_for_staff(paddle_told, notebook):
    row = paddle_told(completed(customer_id=None, address_id=None, business_id=None))
    assert (row.state, row.state_reason) == ("failed", "It does not say who bought.")


def test_long_contact_data_are_cut_to_what_we_hold(paddle_told, notebook):
    paddle_told(customer(name="A" * 100_000))
    assert BuyerDetails.objects.get().details["name"] == "A" * 200


def test_a_buyer_of_long_ago_is_asked_for(api, paddle_told, notebook):
    assert paddle_told(completed()).state == "fulfilled"
    assert the_buyer() == ALICE
    assert {path for path, _headers in api.asked} == {FOLDER, f"{FOLDER}/addresses/{ADDRESS}", f"{FOLDER}/businesses/{BUSINESS}"}
    assert {headers["Authorization"] for _path, headers in api.asked} == {f"Bearer {KEY}"}


def test_a_buyer_without_a_business_is_asked_for_alike(api, paddle_told, notebook):
    assert paddle_told(completed(business_id=None)).state == "fulfilled"
    assert "company" not in the_buyer()


def test_a_buyer_who_is_known_is_not_asked_for(api, paddle_told, notebook):
    for payload in (customer(), completed()):
        paddle_told(payload)
    assert (Purchase.objects.count(), api.asked) == (1, [])


def test_for_a_trial_nobody_is_asked(api, client):
    post(client, completed(), SANDBOX_SECRET)
    fulfil_due_events()
    assert api.asked == []


def test_an_api_that_fails_is_asked_again_and_a_telling_helps_as_well(api, paddle_told, an_hour_later, notebook):
    api.answer(FOLDER, {}, status=503)
    row = paddle_told(completed())
    assert (row.state, row.failures) == ("waiting", 1)
    paddle_told(customer())
    an_hour_later()
    row.refresh_from_db()
    assert row.state == "fulfilled"


def test_an_answer_without_an_address_leaves_the_order_waiting(api, paddle_told, notebook):
    api.answer(FOLDER, {"data": {"id": CUSTOMER, "email": "nobody"}})
    assert paddle_told(completed()).state == "waiting"
