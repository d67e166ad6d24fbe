"""Stripe's line items are asked for over its API where the notification does not say what was bought. A real server plays the API."""

from decimal import Decimal

import pytest

from downloads.models import Entitlement
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.partners import json_api
from purchases.tasks import fulfil_due_events
from tests.purchases.api_server import api_server
from tests.purchases.sides.stripe import SIDE
from tests.purchases.stripe_side import SESSION, completed, post

pytestmark = pytest.mark.django_db
PATH = f"/v1/checkout/sessions/{SESSION}/line_items?limit=100&expand[]=data.price.product"
KEY = "rk_live_for_the_tests_alone"


def listed(*items: dict, has_more: bool = False) -> dict:
    return {"object": "list", "data": list(items), "has_more": has_more}


def line_item(price: str = "price_1", quantity: int = 2, product_code: str = "", price_code: str = "") -> dict:
    product = {"id": "prod_1", "name": "Notebook 3", "metadata": {"product_code": product_code} if product_code else {}}
    metadata = {"product_code": price_code} if price_code else {}
    return {
        "id": "li_1",
        "description": "Notebook 3",
        "quantity": quantity,
        "price": {"id": price, "unit_amount": 1990, "metadata": metadata, "product": product},
    }


@pytest.fixture
def api(settings):
    with SIDE.opened(settings), api_server() as playing:
        settings.PARTNERS["stripe"] |= {"api_key": KEY, "api": playing.address}
        yield playing


@pytest.fixture
def ordered(client):
    """An order that says nothing of its lines, posted and worked on."""

    def order(**changes) -> WebhookEvent:
        assert post(client, completed(metadata={}, **changes)).status_code == 200
        fulfil_due_events()
        return WebhookEvent.objects.get()

    return order


def test_the_lines_are_asked_for_and_granted(api, ordered, notebook, mailer):
    ProductCode.objects.create(partner="stripe", code="price_1", product=notebook)
    api.answer(PATH, listed(line_item(), line_item(quantity=1, product_code="MAILER"), line_item(product_code="x", price_code="NOTEBOOK")))
    assert ordered().state == "fulfilled"
    assert list(Purchase.objects.get().items.values_list("line_number", "product_code", "quantity", "unit_price")) == [
        (1, "price_1", 2, Decimal("19.90")),
        (2, "MAILER", 1, Decimal("19.90")),
        (3, "NOTEBOOK", 2, Decimal("19.90")),
    ]
    assert [(path, headers["Authorization"]) for path, headers in api.asked] == [(PATH, f"Bearer {KEY}")]


def test_metadata_that_say_it_ask_nobody(api, client, notebook):
    post(client, completed())
    fulfil_due_events()
    assert (Entitlement.objects.count(), api.asked) == (1, [])


def test_a_trial_asks_nobody(api, client):
    post(client, completed(metadata={}) | {"livemode": False})
    fulfil_due_events()
    assert api.asked == []


def test_once_the_key_is_set_a_replay_grants(api, ordered, settings, notebook):
    settings.PARTNERS["stripe"]["api_key"] = ""
    row = ordered()
    assert (row.state, api.asked) == ("failed", [])
    assert "STRIPE_API_KEY" in row.state_reason
    settings.PARTNERS["stripe"]["api_key"] = KEY
    api.answer(PATH, listed(line_item(product_code="NOTEBOOK")))
    WebhookEvent.objects.replay()
    fulfil_due_events()
    row.refresh_from_db()
    assert (row.state, Entitlement.objects.get().units_left) == ("fulfilled", 2)


@pytest.mark.parametrize(("status", "error"), [(500, "status 500"), (403, "status 403"), (429, "status 429")])
def test_an_api_that_fails_is_asked_again(api, ordered, an_hour_later, notebook, status, error):
    api.answer(PATH, {}, status=status)
    row = ordered()
    assert (row.state, row.failures) == ("waiting", 1)
    assert error in row.state_reason
    api.answer(PATH, listed(line_item(product_code="NOTEBOOK")))
    an_hour_later()
    row.refresh_from_db()
    assert row.state == "fulfilled"


def test_an_api_that_is_down_is_asked_again(api, ordered, settings):
    settings.PARTNERS["stripe"]["api"] = "http://127.0.0.1:9"
    assert "could not be asked" in ordered().state_reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_follows_no_redirect(api, ordered, status):
    with api_server() as stranger:
        api.answer(PATH, {}, status=status, headers={"Location": f"{stranger.address}/v1/stolen"})
        row = ordered()
        assert (row.state, stranger.asked) == ("waiting", [])
        assert "could not be asked" in row.state_reason


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"null", b'{"data": NaN}', b"\xff"])
def test_an_answer_that_is_no_object_is_none(api, ordered, answer):
    api.answer(PATH, answer)
    assert "could not be asked" in ordered().state_reason


def test_an_endless_answer_is_not_read(api, ordered, monkeypatch):
    monkeypatch.setattr(json_api, "MOST_BYTES", 1000)
    api.answer(PATH, listed(line_item()) | {"more": "x" * 1000})
    assert "could not be asked" in ordered().state_reason


def test_a_slow_answer_is_not_waited_for(api, ordered, monkeypatch):
    monkeypatch.setattr(json_api, "SECONDS_IN_ALL", -1)
    api.answer(PATH, listed(line_item()))
    assert "could not be asked" in ordered().state_reason


@pytest.mark.parametrize(
    "answer",
    [listed(), listed(line_item(), has_more=True), listed(*[line_item()] * 101), listed(*[line_item(quantity=6000)] * 2)],
    ids=["none", "more", "many", "units"],
)
def test_lines_that_we_do_not_take_are_for_staff(api, ordered, notebook, answer):
    api.answer(PATH, answer)
    assert ordered().state == "failed"
    assert not Entitlement.objects.exists()


def test_nothing_of_a_card_is_kept_of_the_answer(api, ordered, notebook):
    api.answer(PATH, listed(line_item(product_code="NOTEBOOK") | {"note": "4111 1111 1111 1111", "card": {"last4": "1111"}}))
    row = ordered()
    assert row.state == "fulfilled"
    assert "1111" not in str(row.read_back)
