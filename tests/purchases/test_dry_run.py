"""The dry run: it tells what a replay would change, and leaves nothing behind."""

from threading import Event as Signal
from threading import Thread

import pytest
from django.core import mail
from django.db import connection, transaction

from infacta.celery import WakingTask
from mailroom.models import OutgoingMail
from purchases.inbox import rehearsal
from purchases.inbox.rehearsal import rehearse
from purchases.intake.handling import handle
from purchases.models import Purchase, WebhookEvent
from purchases.partners.registry import PARTNERS
from tests import cast
from tests.purchases.everything import everything
from tests.purchases.partner_side import BUYER, line, post, purchase, reversal

pytestmark = pytest.mark.django_db


@pytest.fixture
def received(client, db):
    """Post a notification that no worker has looked at yet."""

    def receive(payload) -> WebhookEvent:
        assert post(client, payload).status_code == 200
        return WebhookEvent.objects.latest("pk")

    return receive


def shown(browser, event):
    return browser.post(f"/staff/purchases/webhookevent/{event.pk}/dry-run/").content.decode()


def test_it_tells_what_a_purchase_would_do(received, notebook, adas_browser):
    event = received(purchase(lines=[line(quantity=2)]))
    page = shown(adas_browser, event)
    for words in (
        "An account would be opened for Alice@example.com.",
        "The order would be recorded: A-1, EUR 19.90.",
        "Granted: 2 × Notebook.",
        "2 unlock codes would be valid.",
        "A mail would be written:",
        "Fulfilled",
    ):
        assert words in page


def test_it_tells_whose_account_would_be_joined(received, alice, adas_browser):
    assert f"It would join the account of {alice.email}." in shown(adas_browser, received(purchase("A-2")))


def test_it_tells_what_a_refund_would_take_back(told, received, notebook):
    told(purchase(lines=[line(quantity=3)]))
    outcome = rehearse(received(reversal("refunded", lines=[{"line_number": 1, "quantity": 2}])).pk)
    assert outcome.state == "fulfilled"
    assert "Taken back: 2 × Notebook." in outcome.changes
    assert "2 unlock codes would be revoked." in outcome.changes
    assert any("→ Alice@example.com" in change for change in outcome.changes)


def test_it_tells_what_a_reversed_chargeback_would_give_back(told, received, notebook):
    told(purchase())
    told(reversal("charged_back"))
    outcome = rehearse(received(reversal("chargeback_reversed")).pk)
    assert "Granted: 1 × Notebook." in outcome.changes
    assert "1 unlock code would be valid." in outcome.changes


def test_it_tells_until_when_a_renewal_would_include_releases(told, received, notebook):
    notebook.upgrade_months = 12
    notebook.save()
    told(purchase())
    renewal = {
        "type": "purchase.renewed",
        "data": {"order_reference": "A-2", "renews": "A-1", "purchased_at": "2026-06-02T03:04:05Z"},
    }
    changes = rehearse(received(renewal).pk).changes
    assert any(change.startswith("New releases of Notebook would be included until") for change in changes)
    assert "Downloads of Notebook: +5." in changes


def test_it_tells_what_waits_for_the_order(told, received, notebook):
    told(reversal("refunded"))
    assert "1 notification that waits for it would be looked at again." in rehearse(received(purchase()).pk).changes


def test_it_tells_why_it_would_wait(received, adas_browser):
    page = shown(adas_browser, received(purchase(lines=[line(code="NB-3")])))
    assert "Nothing would change." in page
    assert "Nobody knows the product code NB-3." in page
    assert "Waiting" in page


def test_of_what_is_done_nothing_would_change(told, notebook, adas_browser):
    event = told(purchase())
    page = shown(adas_browser, event)
    assert "Nothing would change." in page
    assert "Fulfilled" in page


@pytest.mark.parametrize("before_it", [[], [purchase()]])
@pytest.mark.parametrize(
    "payload",
    [
        purchase(lines=[line(quantity=2)]),
        purchase("A-2"),
        purchase("A-3", lines=[line(code="NB-3")]),
        purchase("A-4") | {"test": True},
        reversal("refunded"),
        reversal("charged_back", lines=[{"line_number": 1, "quantity": 1}]),
        reversal("refunded", lines=[{"line_number": 9}]),
    ],
)
def test_it_leaves_nothing_behind(told, received, notebook, before_it, payload):
    for earlier in before_it:
        told(earlier)
    event = received(payload)
    before = everything()
    assert not rehearse(event.pk).problem
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_nobody_hears_of_it(received, notebook, settings, monkeypatch):
    """Whatever a commit would have sent on its way stays here: no mail, no worker that is woken."""
    event = received(purchase())
    settings.CELERY_BROKER_URL = "redis://nowhere.invalid/0"
    asked = []
    monkeypatch.setattr(WakingTask, "_ask", lambda self, *args: asked.append(args))
    assert "Granted: 1 × Notebook." in rehearse(event.pk).changes
    assert (asked, mail.outbox, OutgoingMail.objects.count()) == ([], [], 0)
    handle(event.pk)
    assert Purchase.objects.count() == 1
    assert asked, "so the work does wake somebody, and the dry run did not"


def test_the_partner_is_not_asked(received, notebook, monkeypatch):
    partner = PARTNERS["standard-webhooks"]
    monkeypatch.setattr(partner, "wants_read_back", lambda payload: True, raising=False)
    monkeypatch.setattr(partner, "read_back", lambda payload: pytest.fail("a dry run asks nobody"), raising=False)
    outcome = rehearse(received(purchase()).pk)
    assert "a dry run asks nobody" in outcome.problem
    assert not outcome.changes


def test_what_would_break_is_told_without_its_words(received, notebook, monkeypatch, adas_browser):
    def breaks(row):
        raise ValueError("secret words")

    monkeypatch.setattr(rehearsal, "work_on", breaks)
    page = shown(adas_browser, received(purchase()))
    assert "It would break (ValueError)" in page
    assert "secret words" not in page


def test_a_dry_run_after_another_says_the_same(received, notebook):
    event = received(purchase())
    assert rehearse(event.pk) == rehearse(event.pk)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("held", ["row", "account"])
def test_it_waits_for_nobody(client, notebook, held):
    """A worker has the row in hand, or somebody the account: the dry run gives up within a moment, and says so."""
    alice = cast.buy(cast.ALICE, notebook, order="A-0").user
    post(client, purchase("A-1", buyer=BUYER))
    event = WebhookEvent.objects.get()
    locked, done = Signal(), Signal()

    def hold() -> None:
        with transaction.atomic():
            rows = WebhookEvent.objects.filter(pk=event.pk) if held == "row" else type(alice).objects.filter(pk=alice.pk)
            list(rows.select_for_update())
            locked.set()
            done.wait(20)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    assert locked.wait(10)
    try:
        outcome = rehearse(event.pk)
    finally:
        done.set()
        holder.join()
    assert "look again in a moment" in outcome.problem
    assert WebhookEvent.objects.get().state == "received"
    assert not rehearse(event.pk).problem


@pytest.mark.postgresql
def test_the_patience_ends_with_the_dry_run(received, notebook):
    def lock_timeout() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return cursor.fetchone()[0]

    before = lock_timeout()
    rehearse(received(purchase()).pk)
    assert lock_timeout() == before
