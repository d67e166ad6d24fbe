"""Where partners notify us of orders that they took (promise G4)."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound
from django.views.decorators.csrf import csrf_exempt

from purchases.intake.unlock_codes import codes_at_once
from purchases.models import EventKind
from purchases.partners.base import Partner, Refused
from purchases.partners.registry import open_partner
from purchases.reception import accept, note_refusal, notice_of

STRANGER = Refused("The secret in the address is none of the partner's.", 404)


@csrf_exempt
def notify(request: HttpRequest, slug: str, secret: str = "") -> HttpResponse:
    """Verify, keep, acknowledge; a worker does the rest. Whoever is refused hears a number and nothing else."""
    partner = open_partner(slug)
    if partner is None:
        return HttpResponseNotFound()
    if not partner.admits(secret):
        note_refusal(request, partner, STRANGER)
        return HttpResponseNotFound()
    if request.method == "GET" and partner.answers_get:
        return HttpResponse()
    if request.method not in partner.methods:
        return HttpResponseNotAllowed(partner.methods)
    try:
        return answer(partner, request)
    except Refused as refused:
        note_refusal(request, partner, refused)
        return HttpResponse(status=refused.status)


def answer(partner: Partner, request: HttpRequest) -> HttpResponse:
    """Take in what the request brings, and say what the partner wants to hear."""
    received = partner.receive(notice_of(request))
    for notification in received.notifications:
        accept(partner, notification)
    for refused in received.refused:
        note_refusal(request, partner, refused)
    event = received.notifications[0].event if received.notifications else None
    waits = partner.answers_at_once and event and event.kind == EventKind.PURCHASE
    receipt = codes_at_once(partner, event) if waits and event else received.receipt
    return HttpResponse(receipt, status=received.status, content_type="text/plain; charset=utf-8")
