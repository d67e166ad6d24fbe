"""What staff decide about notifications: replay, close, grant an upgrade without the older product. Each decision is recorded."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from audit.kinds import Kind
from audit.log import record
from purchases.intake.handling import event_of
from purchases.models import EventKind, EventState, ProductCode, WebhookEvent
from purchases.partners.base import Refused
from purchases.tasks import fulfil_event

MOST_WOKEN = 100  # for more than that nobody knocks one by one: the sweep finds them within seconds


@transaction.atomic
def replay(request: HttpRequest, chosen: QuerySet[WebhookEvent]) -> int:
    """Put notifications in front of the workers again, and record who did; returns how many."""
    ids = open_or_failed(chosen)
    replayed = WebhookEvent.objects.filter(pk__in=ids).replay()
    for event_id in ids:
        record(Kind.NOTIFICATION_REPLAYED, request=request, actor=request.user, notification=event_id)
    for event_id in ids[:MOST_WOKEN]:
        fulfil_event.wake(event_id)
    return replayed


@transaction.atomic
def replay_waiting(partner: str, code: str) -> int:
    """All that wait for this product code, however many, in one statement; returns how many. The caller records it."""
    waiting = WebhookEvent.objects.waiting_for_code(partner, code)
    woken = list(waiting.order_by("pk").values_list("pk", flat=True)[:MOST_WOKEN])
    replayed = waiting.replay()
    for event_id in woken:
        fulfil_event.wake(event_id)
    return replayed


@transaction.atomic
def close(request: HttpRequest, chosen: QuerySet[WebhookEvent]) -> int:
    """Take notifications off the list of what is left to do, and record who did; returns how many."""
    ids = open_or_failed(chosen)
    closed = WebhookEvent.objects.filter(pk__in=ids).close(gettext("Closed by staff: nothing is left to do."))
    for event_id in ids:
        record(Kind.NOTIFICATION_CLOSED, request=request, actor=request.user, notification=event_id)
    return closed


def open_or_failed(chosen: QuerySet[WebhookEvent]) -> list[int]:
    """The ids of those of the chosen ones that something can still come of, locked."""
    rows = WebhookEvent.objects.replayable().select_for_update().filter(pk__in=chosen.values("pk"))
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def waive(request: HttpRequest, row: WebhookEvent) -> bool:
    """Grant an upgrade that waits, though the older product is not there; False, and nothing happens, if a colleague or a worker was quicker."""
    waiting = WebhookEvent.objects.filter(pk=row.pk, state=EventState.WAITING, is_waived=False)
    if not waiting.update(is_waived=True):
        return False
    WebhookEvent.objects.filter(pk=row.pk).replay()
    record(Kind.NOTIFICATION_WAIVED, request=request, actor=request.user, notification=row.pk, order=row.order_reference)
    fulfil_event.wake(row.pk)
    return True


def waits_for_upgraded(row: WebhookEvent) -> bool:
    """Whether it is an order of an upgrade that waits, all of whose codes are known."""
    if row.state != EventState.WAITING or row.kind != EventKind.PURCHASE or row.is_waived or row.unknown_code:
        return False
    try:
        lines = event_of(row).lines
    except (
        Refused,
        LookupError,
        TypeError,
        ValueError,
    ):  # a payload that nobody can read any more waits for nothing that staff could waive
        return False
    codes = {line.product_code for line in lines}
    return ProductCode.objects.filter(partner=row.partner, code__in=codes, is_upgrade=True).exists()
