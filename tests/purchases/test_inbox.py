"""The inbox of partners' notifications: its list, the page of one, and the decisions about it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from downloads.models import Entitlement
from purchases.models import Channel, ProductCode, Purchase, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests import cast
from tests.purchases.partner_side import BUYER, line, purchase, reversal

pytestmark = pytest.mark.django_db
LIST = "/staff/purchases/webhookevent/"


def page(browser, event):
    return browser.get(f"{LIST}{event.pk}/change/").content.decode()


def press(browser, event, button):
    return browser.post(f"{LIST}{event.pk}/{button}/", follow=True).content.decode()


def offers(shown, button, event):
    return reverse(f"admin:purchases_webhookevent_{button}", args=[event.pk]) in shown


@pytest.fixture
def upgrade(told, notebook):
    """An order of an upgrade, by somebody who has nothing to upgrade."""
    ProductCode.objects.create(partner="standard-webhooks", code="UP", product=notebook, is_upgrade=True)
    return told(purchase(lines=[line(code="UP")]))


def test_the_list_says_what_became_of_each(told, notebook, adas_browser):
    told(purchase("A-1"))
    told(purchase("A-2", lines=[line(code="NB-3")]))
    shown = adas_browser.get(LIST).content.decode()
    for words in ("A-1", "fulfilled", "A-2", "waiting", "Nobody knows the product code NB-3.", "notification"):
        assert words in shown


@pytest.mark.parametrize(
    ("asked", "found", "missing"),
    [
        ({"partner": "standard-webhooks"}, "A-1", "P-1"),
        ({"partner": "plimus"}, "P-1", "A-1"),
        ({"channel__exact": "reconcile"}, "P-1", "A-1"),
        ({"state__exact": "received"}, "P-1", "A-1"),
        ({"kind__exact": "refund"}, "P-1", "A-1"),
        ({"partner": "no-such-partner"}, "", "A-1"),
    ],
)
def test_it_is_filtered(told, notebook, adas_browser, asked, found, missing):
    told(purchase("A-1"))
    WebhookEvent.objects.create(
        partner="plimus", event_key="k", kind="refund", order_reference="P-1", payload={}, channel=Channel.RECONCILE
    )
    shown = adas_browser.get(LIST, asked).content.decode()
    assert found in shown
    assert missing not in shown


def test_the_page_shows_what_was_sent_escaped(told, notebook, adas_browser):
    event = told(purchase(buyer=BUYER | {"company": "<script>alert(1)</script>"}))
    WebhookEvent.objects.update(read_back={"sale": {"id": "<b>9</b>"}})
    shown = page(adas_browser, event)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "&lt;b&gt;9&lt;/b&gt;" in shown
    assert "<script>alert" not in shown
    assert "<b>9" not in shown


def test_the_page_leads_to_the_purchase_and_tells_what_happened(told, notebook, adas_browser):
    event = told(purchase())
    shown = page(adas_browser, event)
    assert reverse("admin:purchases_purchase_change", args=[Purchase.objects.get().pk]) in shown
    for words in ("It happened, as the partner says.", "It was received.", "It was fulfilled."):
        assert words in shown


def test_a_refund_leads_to_the_purchase_that_it_is_about(told, notebook, adas_browser):
    told(purchase())
    event = told(reversal("refunded"))
    assert reverse("admin:purchases_purchase_change", args=[Purchase.objects.get().pk]) in page(adas_browser, event)


def test_replay_is_a_button_and_the_page_says_who_pressed_it(told, adas_browser, ada):
    event = told(purchase(lines=[line(code="NEW")]))
    cast.make_product("NEW", "New", "NEW")
    assert "It is worked on again." in press(adas_browser, event, "replay")
    fulfil_due_events()
    assert WebhookEvent.objects.get().state == "fulfilled"
    assert f"replayed by staff\n              — {ada.email}" in page(adas_browser, event)


def test_close_is_a_button(told, adas_browser):
    event = told(purchase(lines=[line(code="NEW")]))
    assert "It is closed." in press(adas_browser, event, "close")
    assert WebhookEvent.objects.get().state == "ignored"
    assert "There is nothing to do here any more" in press(adas_browser, event, "close")


def test_what_is_done_has_no_buttons_but_the_dry_run(told, notebook, adas_browser):
    event = told(purchase())
    shown = page(adas_browser, event)
    assert [button for button in ("replay", "close", "waive", "dry_run") if offers(shown, button, event)] == ["dry_run"]


def test_an_upgrade_that_waits_is_granted_without_the_older_product(upgrade, adas_browser, ada):
    assert offers(page(adas_browser, upgrade), "waive", upgrade)
    assert "It is granted without the older product" in press(adas_browser, upgrade, "waive")
    fulfil_due_events()
    row = WebhookEvent.objects.get()
    assert (row.state, row.is_waived, Entitlement.objects.get().units) == ("fulfilled", True, 1)
    waived = AuditEvent.objects.get(kind="notification.waived")
    assert (waived.actor, waived.detail) == (ada, {"notification": row.pk, "order": "A-1"})


def test_it_is_waived_once(upgrade, adas_browser):
    press(adas_browser, upgrade, "waive")
    assert "There is nothing to do here any more" in press(adas_browser, upgrade, "waive")
    assert AuditEvent.objects.filter(kind="notification.waived").count() == 1


def test_only_an_upgrade_is_waived(told, adas_browser):
    event = told(purchase(lines=[line(code="NEW")]))
    assert not offers(page(adas_browser, event), "waive", event)
    assert "There is nothing to do here any more" in press(adas_browser, event, "waive")
    assert not WebhookEvent.objects.get().is_waived


@pytest.mark.parametrize("button", ["replay", "close", "waive", "dry-run"])
def test_support_and_strangers_decide_nothing(told, sams, client, button):
    event = told(purchase(lines=[line(code="NEW")]))
    before = WebhookEvent.objects.values().get()
    assert sams.post(f"{LIST}{event.pk}/{button}/").status_code == 403
    assert client.post(f"{LIST}{event.pk}/{button}/").status_code == 302
    assert WebhookEvent.objects.values().get() == before


@pytest.mark.parametrize("button", ["replay", "close", "waive", "dry-run"])
def test_looking_at_an_address_decides_nothing(told, adas_browser, button):
    event = told(purchase(lines=[line(code="NEW")]))
    assert adas_browser.get(f"{LIST}{event.pk}/{button}/").status_code == 405
    assert adas_browser.post(f"{LIST}{event.pk + 999}/{button}/").status_code == 404


def test_a_payload_that_nobody_can_read_any_more_breaks_no_page(adas_browser, db):
    event = WebhookEvent.objects.create(
        partner="standard-webhooks",
        event_key="k",
        kind="purchase",
        state="waiting",
        payload={"type": "nonsense"},
        received_at=timezone.now(),
    )
    assert "nonsense" in page(adas_browser, event)


def test_a_page_costs_the_same_whatever_happened(told, notebook, adas_browser, django_assert_max_num_queries):
    event = told(purchase(lines=[line(number, "NEW") for number in range(1, 40)]))
    for _time in range(20):
        press(adas_browser, event, "replay")
        WebhookEvent.objects.update(state="waiting")
    with django_assert_max_num_queries(16):
        page(adas_browser, event)
