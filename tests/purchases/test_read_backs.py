"""Partners' own records are asked over a real connection, and whatever they answer, nothing is granted that they do not tell of."""

import time
from typing import Any

import pytest
from django.test import Client

from downloads.models import Entitlement
from purchases.intake.handling import event_of, handle
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.partners import json_api
from purchases.partners.base import Refused
from purchases.partners.json_api import NoAnswer, get_json
from purchases.tasks import fulfil_due_events
from tests.purchases.api_server import api_server
from tests.purchases.sides import gumroad as gumroad_side
from tests.purchases.sides import lemonsqueezy as side
from tests.threads import at_once

TOKEN = {"Authorization": "Bearer the-token-of-the-tests"}
PATH = f"/v1/orders/{side.ORDER}/order-items?page%5Bsize%5D=100"


@pytest.fixture
def api():
    with api_server() as server:
        yield server


# The connection


def test_an_object_is_read(api):
    api.answer("/sale", {"name": "Zoë", "price": 19.9})
    assert get_json(f"{api.address}/sale", TOKEN) == {"name": "Zoë", "price": 19.9}
    assert api.asked[0][1]["Authorization"] == TOKEN["Authorization"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"1", b"null", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b"<html>"], ids=lambda body: repr(body[:9])
)
def test_what_is_no_object_is_no_answer(api, content):
    api.answer("/", content)
    with pytest.raises(NoAnswer):
        get_json(f"{api.address}/", TOKEN)


@pytest.mark.parametrize("status", [204, 301, 400, 401, 404, 429, 500, 503])
def test_another_status_is_no_answer(api, status):
    api.answer("/", b"", status=status)
    with pytest.raises(NoAnswer) as error:
        get_json(f"{api.address}/", TOKEN)
    assert error.value.status == (0 if status == 204 else status)


def test_a_token_goes_nowhere_else(api):
    """Not even to another port of the same host."""
    with api_server() as stranger:
        stranger.answer("/", {})
        api.answer("/", b"", status=302, headers={"Location": f"{stranger.address}/"})
        with pytest.raises(NoAnswer):
            get_json(f"{api.address}/", TOKEN)
        assert stranger.asked == []


def test_an_endless_answer_is_left(api, monkeypatch):
    monkeypatch.setattr(json_api, "MOST_BYTES", 1000)
    api.answer("/", b" " * 1001)
    with pytest.raises(NoAnswer, match="longer than 1000 bytes"):
        get_json(f"{api.address}/", TOKEN)


def test_an_answer_that_drips_is_left(api, monkeypatch):
    monkeypatch.setattr(json_api, "SECONDS_IN_ALL", 0.3)
    api.answer("/", drip=0.05)
    begun = time.monotonic()
    with pytest.raises(NoAnswer, match="not there after"):
        get_json(f"{api.address}/", TOKEN)
    assert time.monotonic() - begun < 3


def test_an_answer_that_does_not_come_is_left(api, monkeypatch):
    monkeypatch.setattr(json_api, "SECONDS_EACH_STEP", 0.2)
    api.answer("/", drip=60)
    with pytest.raises(NoAnswer, match="no connection"):
        get_json(f"{api.address}/", TOKEN)


def test_nobody_there_is_no_answer(api):
    with api_server() as gone:
        address = gone.address
    with pytest.raises(NoAnswer) as error:
        get_json(f"{address}/", TOKEN)
    assert error.value.status == 0


@pytest.mark.parametrize("mode", ["production", "development"])
def test_outside_tests_only_https_is_asked(api, settings, mode):
    settings.MODE = mode
    api.answer("/", {})
    for address in (f"{api.address}/", "file:///etc/passwd", "ftp://127.0.0.1/"):
        with pytest.raises(NoAnswer, match="not https"):
            get_json(address, TOKEN)
    assert api.asked == []


def test_what_was_answered_is_not_repeated(api, caplog):
    api.answer("/", b'{"email": "alice@example.com"', status=200)
    with pytest.raises(NoAnswer) as error:
        get_json(f"{api.address}/", TOKEN)
    assert "alice" not in f"{error.value} {error.value.__cause__} {caplog.text}"


# Lemon Squeezy: the webhook tells of the first line alone


@pytest.fixture
def asked(settings, notebook, mailer, api):
    """Lemon Squeezy is open, with a key of its API; it calls Notebook and Mailer by the numbers of variants."""
    ProductCode.objects.create(partner="lemonsqueezy", code="71002", product=notebook)
    ProductCode.objects.create(partner="lemonsqueezy", code="71003", product=mailer)
    with side.opened(settings):
        settings.PARTNERS["lemonsqueezy"] |= {"api_key": "key", "api": api.address}
        yield api


def items(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = [
        {"type": "order-items", "id": str(501 + number), "attributes": side.FIRST_ITEM | change} for number, change in enumerate(changes)
    ]
    return {"data": said, "meta": {"page": {"lastPage": 1}}} | more


BOTH = items({}, {"variant_id": 71003, "product_name": "Mailer", "quantity": 1, "price": 500})


def tell(client: Client, payload: dict[str, Any]) -> WebhookEvent:
    assert side.message(payload)[0].post(client).status_code == 200
    fulfil_due_events()
    return WebhookEvent.objects.latest("pk")


@pytest.mark.django_db
def test_all_lines_are_granted(client, asked):
    asked.answer(PATH, BOTH | {"data": BOTH["data"][::-1]})
    assert tell(client, side.order()).state == "fulfilled"
    lines = Purchase.objects.get().items.values_list("line_number", "product_code", "quantity")
    assert list(lines) == [(1, "71002", 2), (2, "71003", 1)]
    assert {owned.product.code: owned.units_left for owned in Entitlement.objects.all()} == {"NOTEBOOK": 2, "MAILER": 1}
    assert asked.asked[0][1]["Authorization"] == "Bearer key"


@pytest.mark.django_db
def test_without_a_key_the_first_line_is_all_that_is_known(client, settings, asked):
    settings.PARTNERS["lemonsqueezy"]["api_key"] = ""
    asked.answer(PATH, BOTH)
    tell(client, side.order())
    assert (Purchase.objects.get().items.count(), asked.asked) == (1, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "payload", [side.order(test_mode=True), side.order(status="pending"), side.refund(), side.subscribed(), side.paid()]
)
def test_only_what_may_be_granted_is_asked_for(client, asked, payload):
    tell(client, payload)
    assert asked.asked == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        items(),
        {"data": None},
        {"data": "no"},
        {"data": [None]},
        {"data": [{"id": "999", "attributes": side.FIRST_ITEM}]},
        {"data": [{"id": "501", "attributes": []}]},
        {"data": [{"id": "501"}]},
        items({"quantity": -1}),
        items({}, {"variant_id": None}),
        items({}, meta={"page": {"lastPage": 2}}),
        items(*[{}] * 101),
    ],
    ids=lambda answer: str(answer)[:50],
)
def test_an_answer_that_tells_of_something_else_grants_nothing(client, asked, answer):
    """Not even the line that the webhook tells of: an order is granted whole or not at all."""
    asked.answer(PATH, answer)
    event = tell(client, side.order())
    assert (event.state, event.failures) == ("waiting", 1)
    assert not event.state_reason.startswith("It broke")
    assert not Purchase.objects.exists()


@pytest.mark.django_db
def test_no_answer_is_asked_for_again_and_given_up_visibly(client, asked):
    event = tell(client, side.order())
    for _time in range(10):
        WebhookEvent.objects.filter(state="waiting").update(next_try_at="2020-01-01T00:00:00Z")
        fulfil_due_events()
    event.refresh_from_db()
    assert (event.state, event.failures, len(asked.asked)) == ("failed", 10, 10)
    asked.answer(PATH, BOTH)
    WebhookEvent.objects.replay()
    fulfil_due_events()
    assert Purchase.objects.get().items.count() == 2


@pytest.mark.django_db
def test_an_answer_counts_while_the_row_waits_for_something_else(client, asked, mailer):
    ProductCode.objects.filter(code="71003").delete()
    asked.answer(PATH, BOTH)
    assert tell(client, side.order()).unknown_code == "71003"
    assert not Purchase.objects.exists(), "the whole order waits"
    ProductCode.objects.create(partner="lemonsqueezy", code="71003", product=mailer)
    WebhookEvent.objects.update(next_try_at="2020-01-01T00:00:00Z")
    fulfil_due_events()
    assert (Purchase.objects.get().items.count(), len(asked.asked)) == (2, 1)


@pytest.mark.django_db
def test_a_row_that_falls_due_before_it_was_asked_for_is_not_worked_on(client, asked):
    """Between the question and the work another worker may have made it due."""
    side.message(side.order())[0].post(client)
    with pytest.raises(Refused, match="have not been asked yet"):
        event_of(WebhookEvent.objects.get())


# At once


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_may_both_ask_and_one_grants(client, settings, notebook):
    ProductCode.objects.create(partner="gumroad", code=gumroad_side.CODE, product=notebook)
    with gumroad_side.opened(settings):
        for message in gumroad_side.sold():
            message.post(client)
        event = WebhookEvent.objects.get()
        at_once(handle, [event.pk] * 6)
        fulfil_due_events()
    event.refresh_from_db()
    assert (event.state, Purchase.objects.count(), Entitlement.objects.get().units_left) == ("fulfilled", 1, 2)
    assert 1 <= len(gumroad_side.records.api.asked) <= 6
