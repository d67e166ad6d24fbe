"""An announcement, and those whom it goes to, for tests of its sending."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from announcements.models import Announcement, Delivery, DeliveryState, State, Subscription, SubscriptionState
from announcements.tasks import send_announcements


def make_announcement(**values: Any) -> Announcement:
    """Scheduled, and due."""
    values = {
        "subject": "Notebook 3.1 is here",
        "body": "It opens **faster**.\n\n[What is new](https://vendor.example/new)",
        "slug": f"notebook-{Announcement.objects.count()}",
        "state": State.SCHEDULED,
        "send_at": timezone.now() - timedelta(minutes=1),
    } | values
    return Announcement.objects.create(**values)


def make_customers(count: int, first: int = 0) -> None:
    """`r0@example.com` and so on, in one statement."""
    users = [
        User(email=f"r{number}@example.com", email_key=f"r{number}@example.com", name=f"Reader {number}")
        for number in range(first, first + count)
    ]
    User.objects.bulk_create(users)


def join(email: str, **values: Any) -> Subscription:
    values = {"state": SubscriptionState.CONFIRMED, "confirmed_at": timezone.now()} | values
    return Subscription.objects.create(email=email, email_key=email.casefold(), **values)


def send_all(announcement: Announcement, times: int = 1) -> Announcement:
    """As the sweep does it, in this process; `times` once more with every pause for a retry over."""
    send_announcements()
    for _time in range(times - 1):
        Delivery.objects.filter(state=DeliveryState.RETRY).update(next_try_at=timezone.now())
        send_announcements()
    announcement.refresh_from_db()
    return announcement


def counters(announcement: Announcement) -> dict[str, int]:
    """Those that are not 0."""
    announcement.refresh_from_db()
    return {name: value for name in ("total", "sent", "failed", "skipped", "unknown") if (value := getattr(announcement, name))}


def adds_up(announcement: Announcement) -> bool:
    """Counters are what the rows say, and nothing is left over."""
    announcement.refresh_from_db()
    rows = {state: announcement.deliveries.filter(state=state).count() for state in ("sent", "failed", "skipped", "unknown")}
    return (
        rows == {name: getattr(announcement, name) for name in rows}
        and announcement.total == announcement.done == announcement.deliveries.count()
    )
