"""One page of the product codes that nobody knows: how many orders wait, and a form a row that says what the code means."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from downloads.models import Edition, Entitlement
from purchases.inbox.unknown_codes import explain
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests.pages import words_of
from tests.purchases.partner_side import line, purchase
from tests.staff import request_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
PAGE = "/staff/purchases/productcode/unknown-codes/"


@pytest.fixture
def waiting(told):
    """Two orders wait for one code, and one for another."""
    for order, code in (("A-1", "NB-3"), ("A-2", "NB-3"), ("A-3", "OTHER")):
        told(purchase(order, lines=[line(code=code)]))


def say(browser, code="NB-3", **form):
    form = {"partner": "standard-webhooks", "code": code} | {name: value for name, value in form.items() if value}
    return browser.post(PAGE, form, follow=True).content.decode()


def test_codes_are_grouped_with_how_many_wait(waiting, adas_browser):
    shown = words_of(adas_browser.get(PAGE).content.decode())
    assert "NB-3 — standard-webhooks 2 orders wait, the first since" in shown
    assert "OTHER — standard-webhooks 1 order waits, since" in shown


def test_saying_what_it_means_grants_all_that_waited(waiting, notebook, adas_browser, ada):
    said = say(adas_browser, product=notebook.pk)
    assert "2 orders waited for this code and are granted now." in said
    fulfil_due_events()
    assert set(Purchase.objects.values_list("order_reference", flat=True)) == {"A-1", "A-2"}
    event = AuditEvent.objects.get(kind="product_code.explained")
    assert event.actor == ada
    assert event.detail == {
        "partner": "standard-webhooks",
        "code": "NB-3",
        "product": "NOTEBOOK",
        "edition": "",
        "upgrade": False,
        "replayed": 2,
    }


def test_an_edition_and_an_upgrade(waiting, notebook, adas_browser):
    pro = Edition.objects.create(product=notebook, code="NB-PRO", name="Pro")
    say(adas_browser, product=notebook.pk, edition=pro.pk, is_upgrade="on")
    code = ProductCode.objects.get()
    assert (code.product, code.edition, code.is_upgrade) == (notebook, pro, True)
    fulfil_due_events()
    assert not Entitlement.objects.exists()
    assert set(WebhookEvent.objects.filter(unknown_code="").values_list("state", flat=True)) == {"waiting"}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "This field is required."),
        ({"product": "999999"}, "Select a valid choice."),
        ({"product": "nonsense"}, "Select a valid choice."),
        ({"product": "own", "edition": "other"}, "This edition is of another product."),
    ],
)
def test_a_form_that_is_wrong_says_so_in_its_row(waiting, notebook, mailer, adas_browser, form, words):
    other = Edition.objects.create(product=mailer, code="M-PRO", name="Pro")
    values = {"own": notebook.pk, "other": other.pk}
    assert words in say(adas_browser, **{name: values.get(value, value) for name, value in form.items()})
    assert not ProductCode.objects.exists()


@pytest.mark.parametrize("named", [{"code": "NEVER-HEARD"}, {"partner": "nobody"}, {"code": "\x00"}, {"code": "x" * 500}])
def test_what_nobody_waits_for_is_refused(waiting, notebook, adas_browser, named):
    form = {"partner": "standard-webhooks", "code": "NB-3", "product": notebook.pk} | named
    assert adas_browser.post(PAGE, form).status_code == 200
    assert not ProductCode.objects.exists()


def test_what_a_colleague_has_said_before_counts(waiting, notebook, mailer, ada):
    ProductCode.objects.create(partner="standard-webhooks", code="NB-3", product=mailer)
    explained = explain(request_of(ada), "standard-webhooks", "NB-3", notebook)
    assert (explained.was_known, explained.replayed) == (True, 2)
    assert ProductCode.objects.get().product == mailer
    assert not AuditEvent.objects.filter(kind="product_code.explained").exists()


def test_hostile_codes_are_escaped(told, adas_browser):
    told(purchase(lines=[line(code='"><script>alert(1)</script>')]))
    shown = adas_browser.get(PAGE).content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown


def wait_for(count):
    now = timezone.now()
    WebhookEvent.objects.bulk_create(
        WebhookEvent(
            partner="plimus",
            event_key=f"k{number}",
            kind="purchase",
            state="waiting",
            unknown_code=f"C-{number:03}",
            payload={},
            received_at=now,
        )
        for number in range(count)
    )


def test_it_has_pages_and_costs_the_same_however_long_it_is(notebook, adas_browser, django_assert_num_queries):
    wait_for(2)
    adas_browser.get(PAGE)
    with CaptureQueriesContext(connection) as short:
        adas_browser.get(PAGE)
    cost = len(short)
    assert cost < 15
    WebhookEvent.objects.all().delete()
    wait_for(60)
    with django_assert_num_queries(cost):
        first = adas_browser.get(PAGE).content.decode()
    last = adas_browser.get(PAGE, {"page": 3}).content.decode()
    assert first.count("Save, and grant what waits") == 25
    assert last.count("Save, and grant what waits") == 10
    assert "?page=2" in first
    assert "?page=4" not in last


def test_nobody_waits(adas_browser):
    assert "No order waits for a product code" in adas_browser.get(PAGE).content.decode()


def test_support_and_strangers_are_kept_out(waiting, notebook, sams, client):
    assert sams.get(PAGE).status_code == 403
    assert sams.post(PAGE, {"partner": "standard-webhooks", "code": "NB-3", "product": notebook.pk}).status_code == 403
    assert client.get(PAGE).status_code == 302


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_who_say_it_at_once_one_counts(told, notebook, mailer, ada):
    for number in range(5):
        told(purchase(f"A-{number}", lines=[line(code="NB-3")]))
    products = [notebook, mailer] * 4
    explained = at_once(lambda product: explain(request_of(ada), "standard-webhooks", "NB-3", product), products)
    assert sorted(one.was_known for one in explained) == [False] + [True] * 7
    assert sum(one.replayed for one in explained) == 5
    assert AuditEvent.objects.filter(kind="product_code.explained").count() == 1
