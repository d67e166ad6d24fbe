"""What staff see of purchases and notifications, and what they may do: replay, and say what a code means."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from downloads.models import Product
from purchases.models import ProductCode, Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests import cast
from tests.purchases.partner_side import line, purchase, reversal
from tests.staff import records_opened

pytestmark = pytest.mark.django_db


def page_of(model: str, page: str = "changelist", *args: int) -> str:
    return reverse(f"admin:purchases_{model}_{page}", args=args)


def replay(browser: Client, *events: WebhookEvent):
    chosen = {"action": "replay", "_selected_action": [event.pk for event in events]}
    return browser.post(page_of("webhookevent"), chosen, follow=True).content.decode()


def say(browser: Client, code: str, product: Product):
    said = {"partner": "standard-webhooks", "code": code, "product": product.pk}
    return browser.post(page_of("productcode", "add"), said, follow=True).content.decode()


@pytest.mark.parametrize("words", ["A-1", "alice@", "Archer"])
def test_purchases_are_found(told, notebook, adas_browser, words):
    told(purchase("A-1"))
    told(purchase("B-1", buyer={"email": "bob@example.org", "name": "Bob Baker"}))
    found = adas_browser.get(page_of("purchase"), {"q": words}).content.decode()
    assert "A-1" in found
    assert "B-1" not in found


def test_a_purchase_shows_its_lines_and_what_was_taken_back(told, notebook, adas_browser):
    told(purchase(lines=[line(quantity=3, product_name="Notebook 3")]))
    told(reversal("refunded", lines=[{"line_number": 1, "quantity": 2}]))
    shown = adas_browser.get(page_of("purchase", "change", Purchase.objects.get().pk)).content.decode()
    assert "Notebook 3" in shown
    assert re.search(r'class="field-taken_back">\s*<p>2</p>', shown)


@pytest.mark.parametrize("model", ["purchase", "webhookevent"])
def test_facts_are_read_only(told, notebook, adas_browser, model):
    told(purchase())
    key = (Purchase if model == "purchase" else WebhookEvent).objects.get().pk
    assert adas_browser.get(page_of(model, "change", key)).status_code == 200
    assert adas_browser.post(page_of(model, "change", key), {"order_reference": "X"}).status_code == 403
    assert adas_browser.get(page_of(model, "add")).status_code == 403
    assert adas_browser.post(page_of(model, "delete", key), {"post": "yes"}).status_code == 403


def test_a_waiting_notification_is_replayed_and_that_is_recorded(told, adas_browser, ada):
    event = told(purchase(lines=[line(code="NEW")]))
    cast.make_product("NEW", "New", "NEW")
    assert "1 notification is worked on again." in replay(adas_browser, event)
    fulfil_due_events()
    event.refresh_from_db()
    assert event.state == "fulfilled"
    replayed = AuditEvent.objects.get(kind="notification.replayed")
    assert (replayed.actor, replayed.detail, replayed.ip) == (ada, {"notification": event.pk}, "127.0.0.1")


def test_what_is_done_is_not_replayed(told, notebook, adas_browser):
    done, ignored = told(purchase()), told(purchase() | {"test": True})
    assert "0 notifications are worked on again." in replay(adas_browser, done, ignored)
    assert {row.state for row in WebhookEvent.objects.all()} == {"fulfilled", "ignored"}
    assert not AuditEvent.objects.filter(kind="notification.replayed").exists()


def test_saying_what_a_code_means_grants_what_waited_for_it(told, notebook, adas_browser):
    for order, code in (("A-1", "NB-3"), ("A-2", "NB-3"), ("A-3", "OTHER")):
        told(purchase(order, lines=[line(code=code)]))
    assert "2 orders waited for this code and are granted now." in say(adas_browser, "NB-3", notebook)
    fulfil_due_events()
    assert set(Purchase.objects.values_list("order_reference", flat=True)) == {"A-1", "A-2"}
    assert WebhookEvent.objects.get(order_reference="A-3").state == "waiting"
    assert ProductCode.objects.get().product == notebook


def test_a_code_means_one_product(notebook, mailer, adas_browser):
    say(adas_browser, "NB-3", notebook)
    assert "already exists" in say(adas_browser, "NB-3", mailer)
    assert ProductCode.objects.get().product == notebook


def test_the_form_says_what_saving_does(adas_browser):
    page = adas_browser.get(page_of("productcode", "add")).content.decode()
    assert "As soon as you save, orders that wait for this code are granted." in page
    assert "within an hour" in page


def test_the_queue_of_unknown_codes_is_a_filter_away(told, notebook, adas_browser):
    told(purchase("A-1"))
    told(purchase("A-2", lines=[line(code="NB-3")]))
    page = adas_browser.get(page_of("webhookevent"), {"state__exact": "waiting"}).content.decode()
    assert "A-2" in page
    assert "Nobody knows the product code NB-3." in page
    assert "A-1" not in page


@pytest.mark.parametrize("model", ["purchase", "webhookevent", "productcode"])
def test_a_list_costs_the_same_however_long_it_is(told, notebook, adas_browser, django_assert_max_num_queries, model):
    for number in range(12):
        told(purchase(f"A-{number}"))
        ProductCode.objects.create(partner="plimus", code=str(number), product=notebook)
    with django_assert_max_num_queries(11):
        assert adas_browser.get(page_of(model)).status_code == 200


def test_a_notifications_page_is_a_look_at_whose_order_it_tells_of(told, notebook, adas_browser):
    told(purchase("B-1", buyer={"email": "bob@example.org", "name": "Bob Baker"}))
    event = told(purchase("A-1"))
    adas_browser.get(page_of("webhookevent"))
    assert not records_opened()
    assert "Archer" in adas_browser.get(page_of("webhookevent", "change", event.pk)).content.decode()
    assert [opened.user for opened in records_opened()] == [Purchase.objects.get(order_reference="A-1").user]


def test_strangers_see_nothing(client, told, notebook, alice):
    for model in ("purchase", "webhookevent", "productcode"):
        assert client.get(page_of(model)).status_code == 302


def test_what_staff_settled_by_hand_is_closed(told, adas_browser, ada):
    event = told(purchase(lines=[line(code="NEW")]))
    chosen = {"action": "close", "_selected_action": [event.pk]}
    page = adas_browser.post(page_of("webhookevent"), chosen, follow=True).content.decode()
    assert "1 notification is closed." in page
    event.refresh_from_db()
    assert (event.state, event.state_reason) == ("ignored", "Closed by staff: nothing is left to do.")
    assert event.handled_at, "so its retention begins"
    assert AuditEvent.objects.get(kind="notification.closed").actor == ada
    assert "0 notifications are closed." in adas_browser.post(page_of("webhookevent"), chosen, follow=True).content.decode()
