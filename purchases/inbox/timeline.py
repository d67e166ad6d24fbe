"""What happened to a notification, in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.kinds import Kind
from audit.models import AuditEvent
from purchases.models import EventState, WebhookEvent
from purchases.models.webhook_event import OPEN

DECISIONS = (Kind.NOTIFICATION_REPLAYED, Kind.NOTIFICATION_CLOSED, Kind.NOTIFICATION_WAIVED)
MOST = 50


@dataclass(frozen=True)
class Happened:
    """One thing, when, and by whom if it was staff."""

    at: datetime
    what: str
    by: str = ""


def timeline_of(row: WebhookEvent) -> list[Happened]:
    """What is known of it, the earliest first: the partner's own time, ours, what staff decided, and what comes next. Two queries at most."""
    return sorted([*facts_of(row), *decisions_about(row)], key=lambda one: one.at)


def facts_of(row: WebhookEvent) -> Iterator[Happened]:
    if row.occurred_at:
        yield Happened(row.occurred_at, _("It happened, as the partner says."))
    yield Happened(row.received_at, _("It was received."))
    if row.handled_at:
        words = {
            EventState.FULFILLED: _("It was fulfilled."),
            EventState.IGNORED: _("Nothing was to be done: %(why)s"),
            EventState.FAILED: _("It was given up: %(why)s"),
        }
        yield Happened(row.handled_at, words.get(EventState(row.state), _("It was dealt with.")) % {"why": row.state_reason})
    if row.state in OPEN:
        yield Happened(row.next_try_at, next_look(row))


def next_look(row: WebhookEvent) -> str:
    """What comes next, and what was tried in vain so far."""
    in_vain = row.looks + row.failures
    if not in_vain:
        return _("A worker takes it up.")
    times = ngettext("It is looked at again, after %d look in vain.", "It is looked at again, after %d looks in vain.", in_vain)
    return times % in_vain


def decisions_about(row: WebhookEvent) -> list[Happened]:
    """What staff did, out of the audit log: by kind and time, so that the index leads there."""
    events = AuditEvent.objects.filter(kind__in=DECISIONS, at__gte=row.received_at, detail__notification=row.pk)
    return [Happened(event.at, str(event.get_kind_display()), str(event.actor or "")) for event in events.select_related("actor")[:MOST]]
