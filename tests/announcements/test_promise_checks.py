"""What announcements tell of their promises: who left, or opted out, got nothing since."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Suppression
from accounts.models.suppression import SuppressionReason
from announcements.models import Delivery, Mailbox
from announcements.models.delivery import DeliveryState
from announcements.promise_checks import nothing_hangs_in_a_workers_hand, who_left_got_nothing, who_opted_out_got_nothing
from privacy.promise_checks import Outcome
from tests.announcements.mailing import make_announcement, send_all

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def sent(alice, settings) -> Delivery:
    settings.CELERY_BROKER_URL = ""  # the sweep itself sends
    send_all(make_announcement())
    return Delivery.objects.get(state=DeliveryState.SENT)


def leave(since, reason: SuppressionReason = SuppressionReason.REFUSED) -> None:
    Suppression.objects.create(digest=Mailbox.objects.get().digest, reason=reason, since=since)


def test_everybody_wanted_it(sent):
    assert who_left_got_nothing() == (Outcome.KEPT, "of the latest 1 announcements sent none went to addresses that wanted no more")
    assert who_opted_out_got_nothing()[0] == nothing_hangs_in_a_workers_hand()[0] == Outcome.KEPT


def test_somebody_had_left(sent):
    leave(sent.settled_at - AN_HOUR)
    assert who_left_got_nothing() == (Outcome.BROKEN, f"announcements were sent to addresses that wanted no more: deliveries {sent.pk}")


@pytest.mark.parametrize("since", [AN_HOUR, timedelta(minutes=-1)], ids=["afterwards", "while it was on the wire"])
def test_somebody_left_later(sent, since):
    leave(sent.settled_at + since)
    assert who_left_got_nothing()[0] == Outcome.KEPT


def test_a_mailbox_that_bounced_is_no_wish(sent):
    leave(sent.settled_at - AN_HOUR, SuppressionReason.BOUNCED)
    assert who_left_got_nothing()[0] == Outcome.KEPT


def test_a_customer_had_opted_out(sent, alice):
    type(alice).objects.filter(pk=alice.pk).update(opted_out_at=sent.settled_at - AN_HOUR)
    assert who_opted_out_got_nothing() == (Outcome.BROKEN, f"announcements were sent to customers who had opted out: deliveries {sent.pk}")


def test_a_worker_that_did_not_report_back(sent):
    Delivery.objects.update(state=DeliveryState.SENDING, lease_until=timezone.now() - AN_HOUR)
    assert nothing_hangs_in_a_workers_hand()[0] == Outcome.BROKEN
