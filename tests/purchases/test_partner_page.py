"""The page of partners: how each stands, what it can do, and how the last 30 days went; and the same table in the documentation."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from purchases.models import PartnerSecret, Purchase, WebhookEvent
from purchases.partners.registry import PARTNERS
from purchases.standing.capabilities import BEGIN, END
from purchases.standing.figures import figures
from tests.pages import words_of
from tests.purchases.partner_side import OTHER_SECRET, SECRET, line, purchase, reversal

pytestmark = pytest.mark.django_db
PAGE = "/staff/purchases/webhookevent/partners/"


def shown(browser):
    return browser.get(PAGE).content.decode()


def secret(text=OTHER_SECRET, **values):
    row = PartnerSecret(partner="standard-webhooks", label="the new one", **values)
    row.seal(text)
    row.save()
    return row


def test_every_partner_is_there_with_what_it_can_do(adas_browser):
    words = words_of(shown(adas_browser))
    for partner in PARTNERS.values():
        assert partner.name in words
        assert str(partner.capabilities.signature) in words
        assert f"{settings.SITE_URL}/partners/{partner.slug}/notify/" in words


def test_it_says_what_waits_what_failed_and_when_something_came(told, notebook, adas_browser):
    told(purchase("A-1", lines=[line(code="NEW")]))
    told(purchase("A-2", lines=[line(code="NEW")]))
    event = told(purchase("A-3", lines=[line(code="NEW")]))
    WebhookEvent.objects.filter(pk=event.pk).update(state="failed")
    page = shown(adas_browser)
    assert '?partner=standard-webhooks&amp;state__exact=waiting">2</a>' in page
    assert '?partner=standard-webhooks&amp;state__exact=failed">1</a>' in page


def test_a_closed_partner_says_what_is_missing(adas_browser, by_network, standard_webhooks):
    by_network["networks"] = []
    standard_webhooks["secrets"] = []
    words = words_of(shown(adas_browser))
    assert "closed: PLIMUS_NETWORKS is empty" in words
    assert "closed: nothing of it is set" in words


def test_secrets_are_told_apart_and_not_shown(adas_browser):
    row = secret()
    lost = PartnerSecret.objects.create(partner="standard-webhooks", sealed="from another key", fingerprint="0123456789ab")
    page = shown(adas_browser)
    assert row.fingerprint in page
    assert "1 from the environment" in words_of(page)
    assert f"{lost.fingerprint} cannot be opened any more" in words_of(page)
    for text in (OTHER_SECRET, SECRET, row.sealed):
        assert text not in page


def test_the_secret_of_an_address_is_not_in_it(adas_browser, monkeypatch):
    monkeypatch.setattr(PARTNERS["standard-webhooks"], "has_secret_address", True, raising=False)
    assert "/partners/standard-webhooks/notify/…/" in shown(adas_browser)


def test_charts_count_purchases_and_refunds_by_day(told, notebook, adas_browser):
    for number in range(3):
        told(purchase(f"A-{number}"))
    told(reversal("refunded", "A-1"))
    told(reversal("charged_back", "A-2"))
    Purchase.objects.filter(order_reference="A-0").update(recorded_at=timezone.now() - timedelta(days=3))
    Purchase.objects.filter(order_reference="A-2").update(recorded_at=timezone.now() - timedelta(days=40))
    found = figures()
    assert found.purchases["Standard Webhooks"][-1] == 1
    assert found.purchases["Standard Webhooks"][-4] == 1
    assert sum(found.purchases["Standard Webhooks"]) == 2
    assert {kind: numbers[-1] for kind, numbers in found.refunds.items()} == {"refund": 1, "chargeback": 1}
    assert shown(adas_browser).count('<svg class="pygal-chart"') + shown(adas_browser).count('role="img"') >= 3


def test_the_lag_is_the_nearest_rank(db):
    """Of 1, 2, … 40 seconds, half were within 20, and nineteen of twenty within 38."""
    now = timezone.now()
    WebhookEvent.objects.bulk_create(
        WebhookEvent(
            partner="plimus",
            event_key=f"k{seconds}",
            kind="purchase",
            state="fulfilled",
            payload={},
            received_at=now - timedelta(seconds=seconds),
            handled_at=now,
        )
        for seconds in range(1, 41)
    )
    WebhookEvent.objects.update(received_at=now, handled_at=None)
    for row in WebhookEvent.objects.all():
        WebhookEvent.objects.filter(pk=row.pk).update(handled_at=now + timedelta(seconds=int(row.event_key[1:])))
    found = figures()
    assert (found.half[-1], found.most[-1]) == (20, 38)
    assert set(found.half[:-1]) == {0}


def test_it_costs_the_same_however_much_there_is(told, notebook, adas_browser, django_assert_num_queries):
    shown(adas_browser)
    with CaptureQueriesContext(connection) as empty:
        shown(adas_browser)
    cost = len(empty)
    assert 0 < cost < 20
    for number in range(6):
        told(purchase(f"A-{number}"))
    for number in range(6):
        secret(f"whsec_{number}")
    with django_assert_num_queries(cost):
        shown(adas_browser)


def test_support_and_strangers_are_kept_out(sams, client):
    assert sams.get(PAGE).status_code == 403
    assert client.get(PAGE).status_code == 302


def test_the_documentation_has_the_same_table():
    printed = StringIO()
    call_command("partner_table", stdout=printed)
    text = (settings.BASE_DIR / "docs" / "partners.md").read_text()
    found = re.search(f"{re.escape(BEGIN)}.*{re.escape(END)}", text, re.DOTALL)
    assert found, "docs/partners.md has lost its markers"
    assert found[0].strip() == printed.getvalue().strip(), "run manage.py partner_table, and put what it prints between the markers"
