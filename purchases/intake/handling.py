"""What a notification does: one row, one transaction, once.

    purchase            → account, entitlements, unlock codes, one mail (purchases.intake.recording)
    renewal             → new releases for longer, and one mail (purchases.intake.renewals)
    refund, chargeback  → the units concerned are taken back, and never more than remain (purchases.intake.reversals, rule 6)
    their reversals     → what exactly that refund or chargeback took is given back
    the buyer's data    → kept for the order that names the buyer by a number (purchases.intake.buyers)
    a further reference → kept for what later names the order by it
    anything else       → ignored, with the reason

What cannot be done yet waits and is looked at again: a product code that nobody knows (rule 5), a refund whose purchase has
not come (rule 3). What breaks is tried again and given up visibly; it holds up nobody else.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from purchases.intake.buyers import learn_buyer
from purchases.intake.recording import record_purchase
from purchases.intake.renewals import learn_references, record_renewal
from purchases.intake.reversals import reverse
from purchases.models import EventKind, EventState, WebhookEvent
from purchases.models.webhook_event import IN_OUR_FORMAT
from purchases.partners import own_format
from purchases.partners.base import Event, Refused
from purchases.partners.json_api import NoAnswer
from purchases.partners.registry import PARTNERS

log = logging.getLogger(__name__)
HANGS, PAUSE = timedelta(seconds=3), timedelta(minutes=1)
hanging_until: dict[str, float] = {}  # by partner, in this process's monotonic seconds

ACTIONS: dict[str, Callable[[WebhookEvent, Event], None]] = {
    EventKind.PURCHASE: record_purchase,
    EventKind.RENEWAL: record_renewal,
    EventKind.REFUND: reverse,
    EventKind.CHARGEBACK: reverse,
    EventKind.REFUND_REVERSED: reverse,
    EventKind.CHARGEBACK_REVERSED: reverse,
    EventKind.CONTACT_UPDATE: learn_buyer,
    EventKind.REFERENCE: learn_references,
}
UNUSED = {
    EventKind.SUBSCRIPTION_CHANGED: gettext_lazy("Of a subscription only its payments count here."),
    EventKind.SUBSCRIPTION_CANCELLED: gettext_lazy("What was paid stays the customer's; nothing more is paid."),
    EventKind.PAYMENT_FAILED: gettext_lazy("Nothing was paid, so there is nothing to grant."),
}


def handle(event_id: int) -> bool:
    """Work on one notification if it is due and free; whether it was. A failure counts in a transaction of its own."""
    try:
        ask_back(event_id)
        with transaction.atomic():
            row = WebhookEvent.objects.claim(event_id, timezone.now())
            if row is None:
                return False
            work_on(row)
    except Exception as error:
        log.exception("The notification %s could not be worked on.", event_id)
        note_failure(event_id, error)
    return True


def ask_back(event_id: int) -> None:
    """Ask the partner's own records where this partner wants that, before any row is locked; two workers may both ask, without harm.

    One that hung just now is left alone for a while: a hundred of its notifications would hold the workers up for everybody else's.
    """
    row = WebhookEvent.objects.due(timezone.now()).filter(pk=event_id, read_back__isnull=True).only("partner", "channel", "payload").first()
    if row is None or row.channel in IN_OUR_FORMAT or not PARTNERS[row.partner].wants_read_back(row.payload):
        return
    if time.monotonic() < hanging_until.get(row.partner, 0):
        WebhookEvent.objects.filter(pk=event_id).update(next_try_at=timezone.now() + PAUSE)
        return
    begun = time.monotonic()
    try:
        WebhookEvent.objects.filter(pk=event_id).update(read_back=PARTNERS[row.partner].read_back(row.payload))
    except Exception:
        if time.monotonic() - begun > HANGS.total_seconds():
            hanging_until[row.partner] = time.monotonic() + PAUSE.total_seconds()
        raise


@transaction.atomic
def note_failure(event_id: int, error: Exception) -> None:
    row = WebhookEvent.objects.claim(event_id, timezone.now())
    if row:
        row.failed_once(reason_of(error))


def reason_of(error: Exception) -> str:
    """What staff read. Of what nobody foresaw only the kind, for its text may repeat personal data; refusals and silence never do."""
    if isinstance(error, Refused):
        return error.reason
    if isinstance(error, NoAnswer):
        return _("The partner's own records could not be asked: %(what)s.") % {"what": error}
    return _("It broke (%(error)s); the log tells where.") % {"error": type(error).__name__}


def event_of(row: WebhookEvent) -> Event:
    """What the row says, read by its partner's module, or in the site's own format; Refused if it fell due after it could be asked back."""
    if row.channel in IN_OUR_FORMAT:
        return own_format.event_of(row.payload, row.event_key)
    partner = PARTNERS[row.partner]
    if row.read_back is None and partner.wants_read_back(row.payload):
        raise Refused("The partner's own records have not been asked yet.")
    return partner.event_of(row.payload, row.event_key, row.read_back)


def work_on(row: WebhookEvent) -> None:
    """Do what the notification says, and note what came of it, on a locked row."""
    event = event_of(row)
    if event.test_mode:
        row.ignore(_("A test: it grants nothing (rule 4)."))
    elif event.kind in ACTIONS:
        ACTIONS[event.kind](row, event)
        take_back_at_once(row, event)
    else:
        row.ignore(str(event.remark or UNUSED.get(event.kind, _("Nothing that we act upon."))))


def take_back_at_once(row: WebhookEvent, event: Event) -> None:
    """What was refunded or charged back before it was granted here goes as if the news had come afterwards."""
    if event.returned and row.state == EventState.FULFILLED:
        reverse(row, replace(event, kind=event.returned, lines=()))
