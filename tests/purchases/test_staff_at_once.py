"""Two members of staff at once, or one who presses twice: nobody reads an error page, and nothing is done twice."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from downloads.models import Entitlement
from purchases.intake.handling import handle
from purchases.models import Channel, ProductCode, Purchase, WebhookEvent
from purchases.partners import own_format
from purchases.partners.base import Notification
from purchases.partners.registry import PARTNERS
from purchases.reception import accept
from purchases.tasks import fulfil_due_events
from tests.purchases import stripe_side
from tests.purchases.partner_side import line, purchase
from tests.threads import at_once

STAFF = "/staff/purchases"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_added_twice_at_once_is_added_once(adas_browser, notebook):
    form = {"partner": "plimus", "code": "NB-3", "product": notebook.pk}
    answers = at_once(lambda _number: adas_browser.post(f"{STAFF}/productcode/add/", form).status_code, range(4))
    assert set(answers) <= {200, 302}
    assert ProductCode.objects.count() == 1


@pytest.mark.django_db
def test_a_form_that_was_overtaken_says_so(adas_browser, notebook, monkeypatch):
    ProductCode.objects.create(partner="plimus", code="NB-3", product=notebook)
    monkeypatch.setattr(ProductCode, "validate_constraints", lambda *args, **options: None)
    monkeypatch.setattr(ProductCode, "validate_unique", lambda *args, **options: None)
    form = {"partner": "plimus", "code": "NB-3", "product": notebook.pk}
    assert "Nothing was saved" in adas_browser.post(f"{STAFF}/productcode/add/", form, follow=True).content.decode()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_confirmed_twice_at_once_is_kept_once(adas_browser, notebook):
    text = "order_reference,purchased_at,email,product_code\n" + "\n".join(
        f"X-{n},2004-01-01,alice@example.com,NOTEBOOK" for n in range(20)
    )
    shown = adas_browser.post(
        f"{STAFF}/webhookevent/import/",
        {"partner": "standard-webhooks", "columns": "own", "table": SimpleUploadedFile("a.csv", text.encode())},
    ).content.decode()
    kept = shown.partition('name="kept" value="')[2].partition('"')[0]
    form = {"partner": "standard-webhooks", "columns": "own", "kept": kept, "confirmed": "Import"}
    answers = at_once(lambda _number: adas_browser.post(f"{STAFF}/webhookevent/import/", form).status_code, range(3))
    assert answers == [302] * 3
    fulfil_due_events()
    assert Purchase.objects.count() == 20


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_replay_close_and_waive_at_once_while_a_worker_works_do_one_thing(told, adas_browser, notebook):
    ProductCode.objects.create(partner="standard-webhooks", code="UP", product=notebook, is_upgrade=True)
    event = told(purchase(lines=[line(code="UP")]))
    buttons = ["replay", "close", "waive", "dry-run", "work"]

    def press(button):
        if button == "work":
            return fulfil_due_events() and 302
        return adas_browser.post(f"{STAFF}/webhookevent/{event.pk}/{button}/").status_code

    assert set(at_once(press, buttons)) <= {200, 302, 0}
    fulfil_due_events()
    event.refresh_from_db()
    assert (event.state == "fulfilled") == (Entitlement.objects.count() == 1)
    assert Entitlement.objects.count() <= 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_repair_and_the_notification_under_another_name_at_once_grant_once(settings, client, notebook):
    settings.PARTNERS["stripe"] |= {"secrets": [stripe_side.SECRET]}
    stripe = PARTNERS["stripe"]
    for number in range(6):
        names = {"id": f"cs_{number}", "payment_intent": f"pi_{number}"}
        assert stripe_side.post(client, stripe_side.completed(metadata={"line_1": "NOTEBOOK*1"}, **names)).status_code == 200
        payload = purchase(f"pi_{number}", buyer={"email": "alice@example.com"})
        assert accept(stripe, Notification(own_format.read(payload, f"reconcile:purchase:pi_{number}"), payload), Channel.RECONCILE)
    at_once(handle, list(WebhookEvent.objects.values_list("pk", flat=True)))
    fulfil_due_events()
    assert not WebhookEvent.objects.filter(state__in=["received", "waiting", "failed"]).exists(), list(
        WebhookEvent.objects.values("state", "state_reason")
    )
    assert Purchase.objects.count() == Entitlement.objects.count() == 6
