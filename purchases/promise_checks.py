"""What this installation knows of the promises about orders (G4, G5, G6, C13, C14)."""

from datetime import timedelta

from django.utils import timezone

from accounts.contact import CONTACT_FIELDS
from audit.kinds import Kind
from audit.models import AuditEvent
from privacy.card_data import without_card_data
from privacy.promise_checks import Outcome, checks
from purchases.models import Offer, WebhookEvent
from purchases.models.webhook_event import EventState
from purchases.partners.policies import open_partners, policy_of

SAMPLE = 500
HAND_OVERS = 200
LATE = timedelta(minutes=15)
MAY_GO = {"product", "quantity", "option", "email", *CONTACT_FIELDS}


@checks("G4")
def notifications_are_worked_on() -> tuple[Outcome, str]:
    now = timezone.now()
    late = WebhookEvent.objects.due(now - LATE).count()
    if late:
        return Outcome.BROKEN, f"{late} notifications of partners have waited for a quarter of an hour and longer"
    failed = WebhookEvent.objects.filter(received_at__gt=now - timedelta(days=30), state=EventState.FAILED).count()
    if failed:
        return Outcome.UNKNOWN, f"no notification waits for a worker; {failed} of the last 30 days failed, and wait for staff"
    return Outcome.KEPT, "no notification of a partner waits for a worker, and none of the last 30 days has failed"


@checks("G5", "C13")
def no_payment_data_is_kept() -> tuple[Outcome, str]:
    """The latest notifications, searched once more for what is never kept."""
    found = [row.pk for row in latest_notifications() if holds_payment_data(row.payload) or holds_payment_data(row.read_back)]
    if found:
        return Outcome.BROKEN, f"{len(found)} stored notifications hold what looks like payment data, such as number {found[0]}"
    return Outcome.KEPT, f"none of the latest {len(latest_notifications())} notifications holds what looks like payment data"


def latest_notifications() -> list[WebhookEvent]:
    return list(WebhookEvent.objects.only("pk", "payload", "read_back").order_by("-received_at", "-id")[:SAMPLE])


def holds_payment_data(value: object) -> bool:
    return bool(without_card_data(value) != value)


@checks("G6")
def partners_are_named() -> tuple[Outcome, str]:
    """Whoever may notify this site, or sells for it, has an entry with a policy."""
    today = {*open_partners(), *Offer.objects.on_sale().partners()}
    if nameless := sorted(slug for slug in today if policy_of(slug) is None):
        return Outcome.BROKEN, f"partners without a name or a policy: {', '.join(nameless)}"
    return Outcome.KEPT, f"each of the {len(today)} partners of today is named, with its policy" if today else "there is no partner yet"


@checks("C14")
def hand_overs_hold_no_more() -> tuple[Outcome, str]:
    """What the latest purchases that began here took along, by the names of the data."""
    events = AuditEvent.objects.filter(kind=Kind.PURCHASE_HANDED_OVER).order_by("-at")[:HAND_OVERS]
    details = list(events.values_list("detail", flat=True))
    if more := sorted({name for detail in details for name in detail.get("data") or ()} - MAY_GO):
        return Outcome.BROKEN, f"purchases begun here took along: {', '.join(more)}"
    return Outcome.KEPT, f"each of the latest {len(details)} purchases begun here took contact data and the choice along, and nothing else"
