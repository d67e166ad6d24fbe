"""SWREG asks for unlock codes and waits for them in the answer."""

import logging
from urllib.parse import quote_from_bytes, urlencode

import pytest
from django.test import Client
from hypothesis import given

from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.partners.base import Notice
from purchases.partners.swreg import LONGEST_REPLY, Swreg
from purchases.tasks import fulfil_due_events
from tests import cast
from tests.purchases.form_fuzz import check, check_reading, forms, many_forms, some_forms
from tests.purchases.sides.swreg import ORDER, SECRET

pytestmark = pytest.mark.django_db
URL = f"/partners/swreg/notify/{SECRET}/"
EMPTY = b"<softshop></softshop>"


@pytest.fixture(autouse=True)
def swreg(settings):
    settings.PARTNERS["swreg"]["secrets"] = [SECRET]


@pytest.fixture
def known(notebook):
    return ProductCode.objects.create(partner="swreg", code="NB-2", product=notebook)


def ask(client: Client, **changes: str) -> bytes:
    response = client.get(f"{URL}?{urlencode(ORDER | changes)}")
    assert response.status_code == 200
    return response.content


def refund(client: Client, order: str = ORDER["o_no"]) -> bytes:
    return client.get(f"{URL}?{urlencode({'order_no': order, 'refund': 'y'})}").content


def codes() -> list[str]:
    return list(UnlockCode.objects.order_by("unit").values_list("code", flat=True))


def test_the_answer_has_the_codes_a_line_each(client, known):
    answer = ask(client)
    assert answer == f"<softshop>{codes()[0]}\n{codes()[1]}</softshop>".encode()
    purchase = Purchase.objects.get()
    assert (purchase.order_reference, purchase.name, purchase.company) == ("7654321", "Ms Alice Archer", "Archer & Daughters")
    assert (purchase.postal_code, purchase.ip, purchase.items.get().quantity) == ("H91 XR5A", "203.0.113.7", 2)
    assert OutgoingMail.objects.get().to == "Alice@example.com", "and they come by mail too"


def test_whoever_asks_again_gets_the_same_codes(client, known):
    assert ask(client) == ask(client)
    assert len(codes()) == 2
    assert OutgoingMail.objects.count() == 1


def test_a_refund_is_answered_with_ok_and_its_codes_are_told_no_more(client, known):
    ask(client)
    assert refund(client) == b"OK"
    fulfil_due_events()
    assert ask(client) == EMPTY
    assert not UnlockCode.objects.filter(revoked_at=None).exists()


def test_a_refund_that_is_not_worked_on_yet_keeps_codes_back_too(client, known):
    ask(client)
    refund(client)
    assert ask(client) == EMPTY


def test_a_refund_before_its_order_leaves_nothing_to_tell(client, known):
    refund(client)
    fulfil_due_events()
    assert ask(client) == EMPTY
    assert Purchase.objects.get().items.get().units_left == 0


def test_an_unknown_code_is_answered_with_the_empty_pair_and_mailed_later(client):
    assert ask(client) == EMPTY
    assert WebhookEvent.objects.get().unknown_code == "NB-2"
    ProductCode.objects.create(partner="swreg", code="NB-2", product=cast.make_product("NOTEBOOK", "Notebook", "NTE"))
    WebhookEvent.objects.update(next_try_at="2020-01-01T00:00:00Z")
    fulfil_due_events()
    assert codes()[0] in OutgoingMail.objects.get().text
    assert codes()[0].encode() in ask(client), "and whoever asks again gets them"


def test_more_codes_than_fit_are_mailed_and_none_of_them_is_told(client, known):
    assert ask(client, qty="200") == EMPTY
    assert len(codes()) == 200


def test_as_many_codes_as_fit_are_told(client, known):
    length = len(ask(client, o_no="1", qty="1")) - len(EMPTY) + 1
    most = (LONGEST_REPLY - len(EMPTY) + 1) // length
    assert len(ask(client, o_no="2", qty=str(most))) <= LONGEST_REPLY
    assert ask(client, o_no="2", qty=str(most)) != EMPTY
    assert ask(client, o_no="3", qty=str(most + 1)) == EMPTY


@pytest.mark.parametrize("change", [{"email": "mallory@example.net"}, {"pc": "OTHER"}, {"qty": "1"}])
def test_whoever_asks_otherwise_in_the_name_of_an_order_hears_nothing(client, known, change):
    ask(client)
    assert ask(client, **change) == EMPTY
    assert Purchase.objects.count() == 1


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_names_come_in_the_characters_of_those_years(client, known, encoding):
    query = urlencode(ORDER).replace("user_text=", f"user_text={quote_from_bytes('Grüße'.encode(encoding))}")
    query = query.replace("&name=Archer", f"&name={quote_from_bytes('Müller'.encode(encoding))}", 1)
    client.get(f"{URL}?{query}")
    assert Purchase.objects.get().name == "Ms Alice Müller"


@pytest.mark.parametrize("name", ["o_no", "pc", "email"])
def test_what_is_no_order_is_refused(client, known, name):
    assert client.get(f"{URL}?{urlencode(ORDER | {name: ''})}").status_code == 400
    assert not WebhookEvent.objects.exists()


def test_an_empty_question_is_refused(client):
    assert client.get(URL).status_code == 400


def test_a_long_question_is_not_read(client):
    assert client.get(f"{URL}?o_no=1&user_text={'x' * 20_000}").status_code == 413


@pytest.mark.parametrize("path", ["/partners/swreg/notify/", "/partners/swreg/notify/wrong-secret-wrong-secret/"])
def test_without_the_secret_there_is_nothing(client, known, path):
    assert client.get(f"{path}?{urlencode(ORDER)}").status_code == 404
    assert not WebhookEvent.objects.exists()


def test_neither_secret_nor_question_is_logged(client, caplog):
    caplog.set_level(logging.DEBUG)
    client.get(f"{URL}?{urlencode(ORDER | {'qty': 'many'})}")
    assert "qty is not a whole number" in caplog.text
    assert "Alice@example.com" not in caplog.text


def test_a_weak_secret_keeps_the_address_closed(client, settings):
    settings.PARTNERS["swreg"]["secrets"] = ["short"]
    assert client.get(f"/partners/swreg/notify/short/?{urlencode(ORDER)}").status_code == 404


@many_forms
@given(body=forms(ORDER))
def test_any_question_is_read_or_refused(body):
    check_reading(Swreg(), Notice(b"", {}, None, body.decode("latin-1")))


@some_forms
@given(body=forms(ORDER))
def test_any_question_is_answered_and_no_order_is_granted_by_half(db, swreg, notebook, body):
    ProductCode.objects.get_or_create(partner="swreg", code="NB-2", defaults={"product": notebook})
    check(lambda query: Client().generic("GET", URL, QUERY_STRING=query.decode("latin-1")), body)


def test_an_order_whose_notification_is_gone_is_told_to_nobody_else(client, known):
    """It was purged, or the order was imported: whoever asks with another buyer is then the first to ask by a notification."""
    told = ask(client)
    WebhookEvent.objects.all().delete()
    assert ask(client, email="mallory@example.net") == EMPTY
    WebhookEvent.objects.all().delete()
    assert ask(client) == told
