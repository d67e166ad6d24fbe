"""What is kept of announcements ends when it was said to end (promise G9: the published table of retention)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from announcements.models import Bounce, Delivery, Mailbox, Subscription
from announcements.tasks import purge_bounces, purge_deliveries, purge_subscriptions
from tests.announcements.mailing import make_announcement

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
YEAR = 365 * DAY


def delivered(began: timedelta, settled: timedelta | None) -> Delivery:
    """Of an announcement that began so long ago, settled so long ago, or not yet."""
    now = timezone.now()
    announcement = make_announcement(state="sent", began_at=now - began, sent=1)
    at = settled and now - settled
    mailbox = Mailbox.objects.at(f"reader{Mailbox.objects.count()}@example.com")
    return announcement.deliveries.create(mailbox=mailbox, basis="joined", state="sent" if at else "retry", settled_at=at)


def test_who_received_what_is_forgotten_after_a_year_and_the_counters_stay():
    old = delivered(YEAR + 2 * DAY, YEAR + DAY)
    kept = [delivered(YEAR - DAY, YEAR - DAY), delivered(YEAR + 2 * DAY, YEAR - DAY), delivered(YEAR + 2 * DAY, None)]
    assert purge_deliveries() == 1
    assert sorted(Delivery.objects.values_list("pk", flat=True)) == [delivery.pk for delivery in kept]
    old.announcement.refresh_from_db()
    assert old.announcement.sent == 1
    assert purge_deliveries() == 0


def test_reports_of_bounces_are_forgotten_after_a_year():
    mailbox = Mailbox.objects.at("reader@example.com")
    for number, age in enumerate((YEAR - DAY, YEAR + DAY)):
        Bounce.objects.create(mailbox=mailbox, kind="soft", event_key=str(number), at=timezone.now() - age)
    assert purge_bounces() == 1
    assert Bounce.objects.get().event_key == "0"


@pytest.mark.parametrize(
    ("state", "asked", "left", "is_kept"),
    [
        ("pending", 6 * DAY, None, True),
        ("pending", 8 * DAY, None, False),
        ("confirmed", 5 * YEAR, None, True),
        ("left", 5 * YEAR, YEAR - DAY, True),
        ("left", 5 * YEAR, YEAR + DAY, False),
    ],
)
def test_a_subscription_is_kept_as_long_as_it_stands_and_its_proof_a_year_more(state, asked, left, is_kept):
    now = timezone.now()
    Subscription.objects.create(
        email="carol@example.net", email_key="carol@example.net", state=state, asked_at=now - asked, left_at=left and now - left
    )
    assert purge_subscriptions() == (not is_kept)
    assert Subscription.objects.exists() == is_kept
