"""What the provider that mails for us tells of bounces, complaints and people who leave: its hook, read by django-anymail.

It is served only where ANYMAIL_ESP and ANYMAIL_WEBHOOK_SECRET are set. The provider shows the secret with each request (HTTP basic authentication),
and what else it signs with is checked too. Whatever it sends, the answer is 200, 400, 401 or 404; only if the database is away it is 500,
and the provider sends it again.
"""

import logging
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.addresses import address_key
from announcements.group.leaving import leave
from announcements.models import BounceKind, Delivery, Mailbox
from announcements.returned.bounce_reading import Verdict, by_status, status_in
from announcements.returned.bounces import key_of, note_of_mailbox
from infacta.paging import number_in
from privacy.card_data import clean_text

log = logging.getLogger(__name__)
VIEWS: dict[str, type[AnymailBaseWebhookView]] = {
    "amazon_ses": AmazonSESTrackingWebhookView,
    "brevo": BrevoTrackingWebhookView,
    "mailgun": MailgunTrackingWebhookView,
    "mailjet": MailjetTrackingWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "sparkpost": SparkPostTrackingWebhookView,
}
DELIVERY = "delivery"
"""What our mails carry as metadata: the number of the delivery."""


@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def hook(request: HttpRequest) -> HttpResponse:
    """HEAD is how some providers see whether there is anything here."""
    if not (settings.ANYMAIL_ESP and settings.ANYMAIL.get("WEBHOOK_SECRET")):
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    if "Authorization" not in request.headers:  # some show it only when they are asked
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="announcements"'})
    try:
        events = events_in(request)
    except Exception as error:  # each provider's module has errors of its own, and a request that nobody can read ends here
        log.warning("What a provider sent could not be read: %s", type(error).__name__)
        return HttpResponse(status=400)
    for event in events:
        take(event)
    return HttpResponse()


def events_in(request: HttpRequest) -> list[AnymailTrackingEvent]:
    """What the provider tells, in anymail's words; raises whatever its reader raises."""
    view: Any = VIEWS[settings.ANYMAIL_ESP]()
    view.setup(request)
    view.run_validators(request)
    return list(view.parse_events(request))


def take(event: AnymailTrackingEvent) -> bool:
    """Do what follows from one event; False if nothing does, or it is about nobody whom we know."""
    delivery = delivery_in(event)
    mailbox = delivery.mailbox if delivery else mailbox_of(event.recipient)
    if mailbox is None:
        return False
    if left(event):
        return leave(mailbox)
    verdict = verdict_of(event)
    if verdict is None or verdict.kind is None:
        return False
    if delivery:
        return note_of_mailbox(mailbox, verdict, key_of(delivery.pk, verdict.kind), delivery.announcement_id)
    number = clean_text(str(event.event_id or event.message_id or ""))
    return note_of_mailbox(mailbox, verdict, f"{verdict.kind}:esp:{mailbox.pk}:{number}"[:100])


def delivery_in(event: AnymailTrackingEvent) -> Delivery | None:
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    number = number_in(str(metadata.get(DELIVERY, "")))
    return Delivery.objects.select_related("mailbox__user").filter(pk=number).first()


def mailbox_of(recipient: Any) -> Mailbox | None:
    """By the address, where the provider does not say which delivery it was."""
    text = clean_text(recipient) if isinstance(recipient, str) else ""
    return Mailbox.objects.select_related("user").filter(email_key=address_key(text)).first()


def left(event: AnymailTrackingEvent) -> bool:
    """By the provider's own link, or so long ago that it does not mail there any more."""
    return event.event_type == EventType.UNSUBSCRIBED or event.reject_reason == RejectReason.UNSUBSCRIBED


def verdict_of(event: AnymailTrackingEvent) -> Verdict | None:
    """By the mail server's status, as in a report by mail; where the provider shows none, it counts and kills nothing."""
    said = " ".join(str(text) for text in (event.mta_response, event.description) if text)
    if event.event_type == EventType.COMPLAINED or event.reject_reason == RejectReason.SPAM:
        return Verdict(BounceKind.COMPLAINT, "", said)
    if event.event_type not in (EventType.BOUNCED, EventType.REJECTED):
        return None
    if event.reject_reason == RejectReason.INVALID:
        return Verdict(BounceKind.HARD, "", said)
    return by_status(status_in(said), said)
