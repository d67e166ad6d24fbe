"""Where partners notify us of orders that they took (promise G4)."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound
from django.views.decorators.csrf import csrf_exempt

from purchases.partners.base import Refused
from purchases.partners.registry import open_partner
from purchases.reception import accept, note_refusal, notice_of


@csrf_exempt
def notify(request: HttpRequest, slug: str) -> HttpResponse:
    """Verify, keep, acknowledge; a worker does the rest. Whoever is refused hears a number and nothing else."""
    partner = open_partner(slug)
    if partner is None:
        return HttpResponseNotFound()
    if request.method == "GET" and partner.answers_get:
        return HttpResponse()
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        received = partner.receive(notice_of(request))
    except Refused as refused:
        note_refusal(request, partner, refused)
        return HttpResponse(status=refused.status)
    accept(partner, received)
    return HttpResponse(received.receipt, content_type="text/plain")
