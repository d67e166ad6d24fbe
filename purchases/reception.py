"""Taking a notification in: reading its bytes, and keeping it once, whatever arrives twice."""

import hashlib
import json
import logging
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts.models import Throttle
from accounts.models.throttle import Limit
from audit.kinds import Kind
from audit.log import record
from infacta.network import client_ip
from infacta.request_body import BadBody, body_of
from purchases.models import Channel, WebhookEvent
from purchases.partners.base import Notice, Notification, Partner, Refused
from purchases.tasks import fulfil_event

MOST_BYTES = 256 * 1024
RECORDED_REFUSALS = Limit("notification-refused", burst=20, interval=60)
log = logging.getLogger(__name__)


def notice_of(request: HttpRequest) -> Notice:
    """The notification as it arrived; Refused (413) as soon as it is known to be too long."""
    try:
        body = body_of(request, MOST_BYTES)
    except BadBody as error:
        raise Refused(error.reason, error.status) from error
    return Notice(body, request.headers, client_ip(request), request.META.get("QUERY_STRING", ""))


def accept(partner: Partner, notification: Notification, channel: Channel | None = None) -> bool:
    """Keep the notification, and wake a worker; False if it was here already. The unique key decides, not a look beforehand."""
    event = notification.event
    text = json.dumps(notification.payload, sort_keys=True)
    row = WebhookEvent(
        partner=partner.slug,
        channel=channel or partner.channel,
        event_key=event.event_key,
        raw_type=event.raw_type,
        kind=event.kind,
        order_reference=event.order_reference,
        parent_order_reference=event.parent_order_reference,
        test_mode=event.test_mode,
        occurred_at=event.occurred_at,
        payload=notification.payload,
        payload_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    fulfil_event.wake(row.pk)
    return True


def note_refusal(request: HttpRequest, partner: Partner, refused: Refused) -> None:
    """Tell the operator why: always in the log, and in the audit log as often as a limit allows, so that junk cannot fill it.

    The log holds no addresses: who sent it stands in the web log, and in the audit log.
    """
    log.warning("A notification of %s was refused (%s): %s", partner.slug, refused.status, refused.reason)
    if Throttle.objects.admit(RECORDED_REFUSALS, partner.slug):
        detail: dict[str, Any] = {"partner": partner.slug, "status": refused.status, "reason": refused.reason}
        record(Kind.NOTIFICATION_REFUSED, request=request, **detail)
