"""Many at once: one notification, one order, one refund — each counts once, on a database that really works at once."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from downloads.models import DownloadSession, Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from purchases.intake.handling import handle
from purchases.models import BuyerDetails, ProductCode, Purchase, PurchaseItem, Reversal, WebhookEvent
from purchases.tasks import fulfil_due_events
from tests import cast
from tests.purchases.partner_side import BUYER, line, post, purchase, reversal
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
THREADS = 8


def work_until_done(_worker: int = 0) -> None:
    """Sweep until nothing is open, as if pauses took no time."""
    for _round in range(20):
        fulfil_due_events()
        if not WebhookEvent.objects.filter(state__in=["received", "waiting"]).update(next_try_at=timezone.now()):
            return


def test_the_database_is_one_with_row_locks():
    assert connection.vendor == "postgresql", "these tests prove nothing on SQLite: set DATABASE_URL"


def test_the_same_notification_eight_times_is_kept_once(notebook):
    answers = at_once(lambda _thread: post(Client(), purchase(), "msg_1").status_code, range(THREADS))
    assert answers == [200] * THREADS
    assert WebhookEvent.objects.count() == 1
    at_once(work_until_done, range(THREADS))
    assert Purchase.objects.count() == Entitlement.objects.count() == UnlockCode.objects.count() == OutgoingMail.objects.count() == 1


def test_the_same_order_by_eight_notifications_is_granted_once(notebook):
    at_once(lambda thread: post(Client(), purchase(), f"msg_{thread}"), range(THREADS))
    events = list(WebhookEvent.objects.values_list("pk", flat=True))
    assert len(events) == THREADS
    at_once(handle, events)
    work_until_done()
    assert sorted(WebhookEvent.objects.values_list("state", flat=True)) == ["fulfilled"] + ["ignored"] * (THREADS - 1)
    assert Purchase.objects.count() == Entitlement.objects.count() == UnlockCode.objects.count() == OutgoingMail.objects.count() == 1


def test_the_same_order_of_eight_buyers_opens_one_account(notebook):
    """A partner that sends nonsense: whoever loses leaves neither account nor codes behind."""
    for thread in range(THREADS):
        post(Client(), purchase(buyer=BUYER | {"email": f"buyer{thread}@example.com"}), f"msg_{thread}")
    at_once(handle, WebhookEvent.objects.values_list("pk", flat=True))
    work_until_done()
    assert User.objects.count() == Purchase.objects.count() == UnlockCode.objects.count() == OutgoingMail.objects.count() == 1


def test_eight_orders_of_one_new_customer_open_one_account(notebook):
    for thread in range(THREADS):
        post(Client(), purchase(f"A-{thread}"))
    at_once(handle, WebhookEvent.objects.values_list("pk", flat=True))
    work_until_done()
    assert User.objects.count() == 1
    assert Purchase.objects.count() == UnlockCode.objects.count() == OutgoingMail.objects.count() == THREADS
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"fulfilled"}


@pytest.mark.parametrize("_time", range(5))
def test_a_refund_racing_its_purchase_takes_it_back(notebook, _time):
    at_once(lambda payload: post(Client(), payload), [reversal("refunded"), purchase()])
    at_once(handle, WebhookEvent.objects.values_list("pk", flat=True))
    work_until_done()
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"fulfilled"}
    assert Entitlement.objects.get().units_revoked == 1


def test_eight_refunds_of_one_unit_take_no_more_than_there_is(notebook):
    post(Client(), purchase(lines=[line(quantity=5)]))
    work_until_done()
    for _thread in range(THREADS):
        post(Client(), reversal("refunded", lines=[{"line_number": 1, "quantity": 1}]))
    at_once(handle, WebhookEvent.objects.filter(kind="refund").values_list("pk", flat=True))
    work_until_done()
    assert Entitlement.objects.get().units_revoked == 5
    assert Reversal.objects.units_refunded(PurchaseItem.objects.get()) == 5
    assert sorted(WebhookEvent.objects.filter(kind="refund").values_list("state", flat=True)) == ["fulfilled"] * 5 + ["ignored"] * 3
    assert not WebhookEvent.objects.filter(failures__gt=0).exists(), "nobody waited for a lock in a circle"


def test_eight_workers_share_forty_orders(notebook):
    for number in range(40):
        post(Client(), purchase(f"A-{number}", buyer=BUYER | {"email": f"buyer{number % 7}@example.com"}))
    at_once(work_until_done, range(THREADS))
    assert Purchase.objects.count() == UnlockCode.objects.count() == OutgoingMail.objects.count() == 40
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()


@pytest.mark.parametrize("_time", range(5))
def test_refunds_of_an_order_and_downloads_of_its_lines_never_wait_in_a_circle(notebook, mailer, _time):
    """A refund locks the lines of an order one after the other, and each Download button one of them."""
    files = {product.pk: cast.make_file(product) for product in (notebook, mailer)}
    post(Client(), purchase(lines=[line(1, quantity=3), line(2, "MAILER", quantity=3)]))
    work_until_done()
    for _refund in range(2):
        post(Client(), reversal("refunded", lines=[{"line_number": number, "quantity": 1} for number in (1, 2)]))
    refunds = [partial(handle, pk) for pk in WebhookEvent.objects.filter(kind="refund").values_list("pk", flat=True)]
    takes = [
        partial(DownloadSession.objects.take, owned, files[owned.product_id], None, "")
        for owned in Entitlement.objects.all()
        for _press in "123"
    ]
    at_once(lambda work: work(), [*takes, *refunds])
    work_until_done()
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()
    assert [(owned.units_revoked, owned.downloads_used, owned.remaining) for owned in Entitlement.objects.all()] == [(2, 1, 4)] * 2


def renewal(order: str = "A-2") -> dict:
    return {"type": "purchase.renewed", "data": {"order_reference": order, "renews": "A-1", "purchased_at": "2030-01-02T03:04:05Z"}}


def test_the_same_renewal_by_eight_notifications_extends_once(notebook):
    post(Client(), purchase())
    work_until_done()
    for _thread in range(THREADS):
        post(Client(), renewal())
    at_once(handle, WebhookEvent.objects.filter(kind="renewal").values_list("pk", flat=True))
    work_until_done()
    owned = Entitlement.objects.get()
    assert (owned.extensions.count(), owned.downloads_allowed, Purchase.objects.count()) == (1, 10, 2)


@pytest.mark.parametrize("_time", range(5))
def test_everything_of_one_order_at_once_ends_as_in_order(notebook, _time):
    payloads = [
        purchase(lines=[line(quantity=2)]),
        renewal(),
        reversal("refunded", "A-2"),
        reversal("refunded", lines=[{"line_number": 1, "quantity": 1}]),
    ]
    at_once(lambda payload: post(Client(), payload), payloads)
    at_once(handle, WebhookEvent.objects.values_list("pk", flat=True))
    work_until_done()
    owned = Entitlement.objects.get()
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"fulfilled"}
    assert (owned.units_left, owned.extensions.get().units_left, owned.downloads_allowed) == (1, 0, 5)
    assert not WebhookEvent.objects.filter(failures__gt=0).exists()
    assert not Entitlement.objects.not_summing()


def test_of_many_who_tell_of_a_buyer_at_once_the_latest_counts():
    def tell(day: int) -> None:
        moment = datetime(2030, 1, day, tzinfo=UTC)
        BuyerDetails.objects.learn("paddle", "ctm_1", {"email": f"on-{day}@example.com"}, moment)

    at_once(tell, range(1, THREADS + 1))
    assert BuyerDetails.objects.get().details == {"email": f"on-{THREADS}@example.com"}


def test_one_unit_is_upgraded_once_by_eight_upgrades_at_once(notebook):
    ProductCode.objects.create(partner="standard-webhooks", code="NB-UP", product=notebook, is_upgrade=True)
    post(Client(), purchase())
    work_until_done()
    for thread in range(THREADS):
        post(Client(), purchase(f"U-{thread}", [line(code="NB-UP")]))
    at_once(handle, WebhookEvent.objects.filter(state="received").values_list("pk", flat=True))
    assert Entitlement.objects.count() == 2
    assert WebhookEvent.objects.filter(state="waiting").count() == THREADS - 1
