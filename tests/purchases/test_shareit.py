"""share-it! asks for the unlock codes of each line of an order, and waits for them in the answer."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import given

from downloads.models import UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.partners.base import Notice
from purchases.partners.shareit import Shareit
from tests.purchases.form_fuzz import check, check_reading, forms, many_forms, some_forms
from tests.purchases.sides.shareit import ORDER, SECRET

pytestmark = pytest.mark.django_db
URL = f"/partners/shareit/notify/{SECRET}/"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def shareit(settings):
    settings.PARTNERS["shareit"]["secrets"] = [SECRET]


@pytest.fixture
def known(notebook):
    return ProductCode.objects.create(partner="shareit", code="300123456", product=notebook)


def ask(client: Client, encoding: str = "latin-1", **changes: str):
    return client.post(URL, urlencode(ORDER | changes, encoding=encoding).encode(), content_type=FORM)


def test_the_answer_is_the_codes_a_line_each(client, known):
    answer = ask(client)
    assert answer.content.decode().split("\n") == list(UnlockCode.objects.order_by("unit").values_list("code", flat=True))
    assert ask(client).content == answer.content
    purchase = Purchase.objects.get()
    assert (purchase.order_reference, purchase.name, purchase.address1) == ("98765432-1", "Alice Archer", "12 Quay Street")
    assert purchase.purchased_at == datetime(2026, 1, 2, tzinfo=UTC), "the day comes first"


def test_each_line_of_an_order_is_asked_for_by_itself(client, known, mailer):
    ProductCode.objects.create(partner="shareit", code="300123457", product=mailer)
    first, second = ask(client, RUNNING_NO="1"), ask(client, RUNNING_NO="2", PRODUCT_ID="300123457", QUANTITY="1")
    assert first.content != second.content
    assert set(Purchase.objects.values_list("order_reference", flat=True)) == {"98765432-1", "98765432-2"}
    assert Purchase.objects.known_as("shareit", ["98765432"]).count() == 2


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("latin-1", "ISO-8859-1"), ("utf-8", "UTF-8"), ("utf-8", "UTF8"), ("utf-8", ""), ("latin-1", "nonsense"), ("cp1252", "")],
)
def test_names_are_read_in_the_characters_that_the_form_names(client, known, encoding, said):
    ask(client, encoding, FIRSTNAME="Jürgen", LASTNAME="Müßig", ENCODING=said)
    assert Purchase.objects.get().name == "Jürgen Müßig"


@pytest.mark.parametrize("date", ["2026-01-02", "02.01.2026", "02/01/2026"])
def test_dates_are_told_apart_by_their_signs(client, known, date):
    ask(client, PURCHASE_DATE=date)
    assert Purchase.objects.get().purchased_at.date().isoformat() == "2026-01-02"


def test_an_unknown_product_is_answered_with_nothing_and_waits(client, db):
    assert ask(client).content == b""
    assert WebhookEvent.objects.get().unknown_code == "300123456"
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"PURCHASE_ID": ""},
        {"PRODUCT_ID": ""},
        {"EMAIL": "nobody"},
        {"QUANTITY": "0"},
        {"QUANTITY": "99999"},
        {"PURCHASE_DATE": "31/12/2090"},
    ],
)
def test_what_is_no_order_is_refused(client, known, change):
    assert ask(client, **change).status_code == 400
    assert not WebhookEvent.objects.exists()


@many_forms
@given(body=forms(ORDER))
def test_any_form_is_read_or_refused(body):
    check_reading(Shareit(), Notice(body, {}, None))


@some_forms
@given(body=forms(ORDER))
def test_any_form_is_answered_and_no_order_is_granted_by_half(db, shareit, notebook, body):
    ProductCode.objects.get_or_create(partner="shareit", code="300123456", defaults={"product": notebook})
    check(lambda form: Client().post(URL, form, content_type=FORM), body)
