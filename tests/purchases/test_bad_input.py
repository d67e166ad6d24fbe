"""Whatever is signed and posted, the answer is 200 or a clear refusal, and never a 500."""

import json
import time
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purchases.models import WebhookEvent
from purchases.partners.base import MOST_LINES, MOST_UNITS
from purchases.partners.own_format import validator
from purchases.partners.standard_webhooks import signature
from purchases.reception import MOST_BYTES
from purchases.tasks import fulfil_due_events
from tests.purchases.partner_side import BUYER, SECRET, URL, line, post, purchase, reversal, signed

pytestmark = pytest.mark.django_db
anything_goes = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"{}",
        b"{",
        b"\xff\xfe{}",
        b'{"type": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"type": "purchase.completed"}'.encode("utf-16"),
        b'{"type": "purchase.completed", "data": NaN}',
        b'{"type": "purchase.completed", "data": Infinity}',
        b'{"type": "purchase.completed", "data": 1e999}',
        b'{"type": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"[" * 400 + b"]" * 400,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"type=purchase.completed&data=1",
    ],
    ids=lambda body: body[:30].decode("latin-1"),
)
def test_what_is_no_purchase_is_refused(client, body):
    """Signed by our own hand: the SDK signs text alone, and some of these are none."""
    timestamp = str(int(time.time()))
    headers = {"webhook-id": "1", "webhook-timestamp": timestamp, "webhook-signature": signature(SECRET, f"1.{timestamp}.".encode() + body)}
    answer = client.post(URL, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.content) == (400, b"")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("type",), "purchase.complete"),
        (("type",), None),
        (("type",), ["purchase.completed"]),
        (("test",), "yes"),
        (("timestamp",), "yesterday"),
        (("data",), None),
        (("data",), []),
        (("data", "order_reference"), ""),
        (("data", "order_reference"), "r" * 71),
        (("data", "order_reference"), " A-1"),
        (("data", "order_reference"), "A\r\n1"),
        (("data", "order_reference"), 17),
        (("data", "purchased_at"), "2026-02-30T00:00:00Z"),
        (("data", "purchased_at"), "2026-01-02"),
        (("data", "purchased_at"), "2026-01-02T03:04:05"),
        (("data", "purchased_at"), "0001-01-01T00:00:00+14:00"),
        (("data", "purchased_at"), "2026-01-02T03:04:60Z"),
        (("data", "purchased_at"), "2026-01-02T03:04:05+99:99"),
        (("data", "currency"), "Euro"),
        (("data", "currency"), "eur"),
        (("data", "total"), "-1"),
        (("data", "total"), "1e3"),
        (("data", "total"), "1.999"),
        (("data", "total"), "99999999999"),
        (("data", "total"), 19.9),
        (("data", "ip"), "300.1.1.1"),
        (("data", "ip"), "fe80::1%eth0"),
        (("data", "buyer"), {}),
        (("data", "buyer", "email"), "nobody"),
        (("data", "buyer", "email"), "a@b.c\r\nBcc: d@e.f"),
        (("data", "buyer", "email"), "a@" + "b" * 260 + ".example"),
        (("data", "buyer", "email"), "a@" + f"{'ü' * 56}." * 4 + "example"),
        (("data", "buyer", "name"), "n" * 201),
        (("data", "buyer", "name"), {"first": "Alice"}),
        (("data", "lines"), []),
        (("data", "lines"), {}),
        (("data", "lines"), [line(number) for number in range(1, 102)]),
        (("data", "lines"), [line(), line()]),
        (("data", "lines"), [line(0)]),
        (("data", "lines"), [line(32768)]),
        (("data", "lines"), [line(quantity=0)]),
        (("data", "lines"), [line(quantity=-1)]),
        (("data", "lines"), [line(quantity=MOST_UNITS + 1)]),
        (("data", "lines"), [line(quantity=10**400)]),
        (("data", "lines"), [line(quantity=1.5)]),
        (("data", "lines"), [line(quantity="1")]),
        (("data", "lines"), [line(quantity=True)]),
        (("data", "lines"), [line(code="")]),
        (("data", "lines"), [line(code="c" * 101)]),
        (("data", "lines"), [line(unit_price="free")]),
    ],
    ids=str,
)
def test_each_rule_of_the_schema_is_enforced(client, place, value):
    payload: Any = purchase()
    inner = payload
    for name in place[:-1]:
        inner[name] = dict(inner[name])
        inner = inner[name]
    inner[place[-1]] = value
    answer = post(client, payload)
    assert (answer.status_code, answer.content) == (400, b"")
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "place", [("type",), ("data",), ("data", "order_reference"), ("data", "purchased_at"), ("data", "buyer"), ("data", "lines")]
)
def test_each_required_part_is_required(client, place):
    payload: Any = purchase()
    inner = payload if len(place) == 1 else payload["data"]
    del inner[place[-1]]
    assert post(client, payload).status_code == 400


def test_the_schema_is_one(client):
    validator().check_schema(validator().schema)
    definitions = validator().schema["$defs"]
    assert definitions["quantity"]["maximum"] == MOST_UNITS
    assert definitions["purchase"]["properties"]["lines"]["maxItems"] == MOST_LINES


def test_a_body_that_is_too_long_is_refused(client):
    answer = post(client, b'{"a": "' + b"x" * MOST_BYTES + b'"}')
    assert (answer.status_code, answer.content) == (413, b"")


def test_a_body_longer_than_django_allows_is_refused_alike(client):
    assert post(client, b'{"a": "' + b"x" * 1_500_000 + b'"}').status_code == 413


@pytest.mark.parametrize("length", ["", "nonsense", "-1", "0"])
def test_a_length_that_lies_is_no_accident(client, length):
    body = json.dumps(purchase()).encode()
    answer = client.post(URL, body, content_type="application/json", headers=signed(body), CONTENT_LENGTH=length)
    assert answer.status_code == 401


def test_a_chunked_body_is_read_and_limited(client, notebook):
    body = json.dumps(purchase()).encode()
    assert chunked(client, body).status_code == 200
    assert chunked(client, b" " * (MOST_BYTES + 1)).status_code == 413


@pytest.mark.parametrize("error", [OSError("reset"), ValueError("Invalid chunk size: b'ZZ'")])
def test_a_body_that_breaks_off_is_no_accident(client, error):
    """As gunicorn does it for a chunk that is none, and for a client that goes away."""

    class BrokenInput(BytesIO):
        def read(self, *args: int) -> bytes:
            raise error

    answer = chunked(client, b"{}", **{"wsgi.input": BrokenInput()})
    assert (answer.status_code, answer.content) == (400, b"")


def chunked(client: Client, body: bytes, **more: Any):
    """A body without a length, as gunicorn hands it over."""
    server = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": BytesIO(body)} | more
    return client.generic("POST", URL, b"", headers=signed(body), **server)


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x", "multipart/form-data", "x" * 1000])
def test_the_content_type_does_not_matter(client, content_type, notebook):
    body = json.dumps(purchase()).encode()
    assert client.post(URL, body, content_type=content_type, headers=signed(body)).status_code == 200


def test_the_last_of_two_equal_names_counts(told, notebook):
    body = json.dumps(purchase()).replace('"A-1"', '"A-0", "order_reference": "A-1"').encode()
    assert told(body).order_reference == "A-1"


@pytest.mark.parametrize("name", ["Alice\x00Archer", "Alice\ud800", "\U0001f600", "<script>", "\u202e"])
def test_names_that_databases_dislike_are_no_accident(told, notebook, name):
    event = told(purchase(buyer=BUYER | {"name": name}))
    assert event.state == "fulfilled"


def test_fields_that_nobody_knows_are_no_accident(told, notebook):
    assert told(purchase(nested={"\x00": [1, 2.5, -(10**300), None, True, {"\ud800": "\x00"}]})).state == "fulfilled"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@anything_goes
@given(payload=json_values)
def test_any_json_is_answered(db, payload):
    assert post(Client(), payload).status_code == 400


@anything_goes
@given(part=st.sampled_from(["order_reference", "purchased_at", "currency", "total", "ip", "buyer", "lines", "more"]), value=json_values)
def test_any_json_in_any_place_is_answered_and_worked_on(db, part, value):
    answer = post(Client(), purchase(**{part: value}))
    assert answer.status_code in (200, 400)
    fulfil_due_events()
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()


@anything_goes
@given(name=st.sampled_from(sorted(BUYER)), text=st.text(max_size=60))
def test_any_text_in_contact_data_is_answered_and_worked_on(db, notebook, name, text):
    answer = post(Client(), purchase(buyer=BUYER | {name: text}))
    assert answer.status_code in (200, 400)
    fulfil_due_events()
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()


def test_a_refund_may_name_lines_and_must_name_them_well(client):
    assert post(client, reversal("refunded", lines=[{"line_number": 1, "quantity": 0}])).status_code == 400
    assert post(client, reversal("refunded", lines=[{"quantity": 1}])).status_code == 400


@anything_goes
@given(
    kind=st.sampled_from(["refunded", "charged_back", "chargeback_reversed"]),
    part=st.sampled_from(["order_reference", "purchased_at", "currency", "total", "ip", "buyer", "lines", "more"]),
    value=json_values,
)
def test_any_json_in_any_place_of_a_reversal_is_answered_and_worked_on(db, kind, part, value):
    payload = reversal(kind)
    payload["data"][part] = value
    assert post(Client(), payload).status_code in (200, 400)
    fulfil_due_events()
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()


def test_what_a_reversal_does_not_need_is_not_read(told, notebook):
    told(purchase())
    refund = reversal("refunded", lines=[{"line_number": 1, "product_code": 7, "unit_price": ["x"]}])
    refund["data"] |= {"buyer": 7, "total": {"a": 1}, "purchased_at": "never", "ip": [1]}
    assert told(refund).state == "fulfilled"
