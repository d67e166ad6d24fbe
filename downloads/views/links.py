"""The link to a download for other programs: the page that shows it, and the file behind it (promise C7: it is the same download)."""

import shlex
from functools import partial
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.limits import LINKED_REQUESTS, TooManyTries, demand
from accounts.requests import AccountsRequest
from accounts.views.refusals import try_later
from downloads.delivery.gate import refusal_of
from downloads.delivery.links import NotALink, key_in, link_to
from downloads.delivery.sending import deliver
from downloads.models import DownloadSession
from downloads.views import refused


@require_safe
def link(request: AccountsRequest, key: UUID) -> HttpResponse:
    """The link of a download that the customer began, with commands to copy."""
    sessions = DownloadSession.objects.of(request.user)
    session = get_object_or_404(sessions.select_related("entitlement__product", "file__release"), key=key)
    if refusal := refusal_of(session, timezone.now()):
        return refused.page(request, session.entitlement, refusal)
    address, name = link_to(session), shlex.quote(session.file.name)
    texts = [address, f"curl -L -C - -o {name} {shlex.quote(address)}", f"aria2c -x 8 -o {name} {shlex.quote(address)}"]
    context = {"session": session, "entitlement": session.entitlement, "texts": texts}
    return render(request, "downloads/link.html", context)


@require_safe
def linked(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file of a download session, for whoever has its link: checked as on the page, at each request."""
    try:
        key = key_in(token)
    except NotALink as error:
        raise Http404 from error
    sessions = DownloadSession.objects.select_related("entitlement__product", "entitlement__user", "file__release")
    session = get_object_or_404(sessions, key=key)
    if refusal := refusal_of(session, timezone.now()):
        return refused.text(request, session.entitlement, refusal)
    try:
        demand(LINKED_REQUESTS, str(session.pk))
    except TooManyTries as error:
        return try_later(refused.plain(_("This link was used very often. Wait some minutes, or press the Download button."), 429), error)
    return deliver(request, session, partial(refused.text, request, session.entitlement))
