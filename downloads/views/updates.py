"""A file for a product that brings an unlock code: what the update feeds name. No cookie, no session, the same gate, and counted as everywhere."""

from base64 import b64decode
from contextlib import suppress
from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.authentication import OnHold
from accounts.limits import LINKED_REQUESTS, TooManyTries, demand
from accounts.views.refusals import try_later
from downloads.codes.tries import tried
from downloads.delivery.gate import Refusal, refusal_to_take
from downloads.delivery.sending import deliver
from downloads.delivery.taking import taken
from downloads.models import DownloadSession, ReleaseFile, UnlockCode
from downloads.models.session import NothingLeft
from downloads.views import refused

CHALLENGE = 'Basic realm="Unlock code", charset="UTF-8", Bearer realm="Unlock code"'


@csrf_exempt  # no cookie authenticates anybody here; and a program that posts shall read that it should not, and nothing of forms
@require_safe
def update(request: HttpRequest, file: int, name: str) -> HttpResponseBase:
    """The file, whole or in parts. The first GET spends a download, and for a day all others belong to it; HEAD spends nothing.

    The name in the address is for whoever saves the file, and decides nothing.
    """
    published = ReleaseFile.objects.filter(release__published_at__lte=timezone.now())
    wanted = published.select_related("release__product").filter(pk=file).first()
    if wanted is None:
        return refused.plain(_("There is no such file. Please look at the feed again."), 404)
    typed = code_in(request.headers.get("Authorization", ""))
    if not typed:
        return unauthorised(_("This file is for customers: send your unlock code as the password, or as a bearer token."))
    try:
        code = tried(request, typed)
        if code is None:
            return unauthorised(_("This is no unlock code of ours. Please look whether it was typed well."))
        return answer(request, code, wanted)
    except TooManyTries as error:
        return try_later(refused.plain(_("This was asked for very often. Please wait a moment, and try again."), 429), error)


def code_in(authorization: str) -> str:
    """What the request brings as an unlock code, as a bearer token or as the password or else the name of HTTP's basic log-in; "" if nothing."""
    scheme, _space, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    with suppress(ValueError):
        name, _colon, password = b64decode(value.strip(), validate=True).decode().partition(":")
        return password.strip() or name.strip()
    return ""


def unauthorised(words: str) -> HttpResponse:
    response = refused.plain(words, 401)
    response["WWW-Authenticate"] = CHALLENGE
    return response


def answer(request: HttpRequest, code: UnlockCode, wanted: ReleaseFile) -> HttpResponseBase:
    """The file for a code that there is, or why not. Raises TooManyTries."""
    owned = code.entitlement
    if refusal := refusal_to(code, wanted):
        return refused.text(request, owned, refusal)
    if request.method == "HEAD":
        return deliver(request, DownloadSession(entitlement=owned, file=wanted), partial(refused.text, request, owned))
    try:
        session = taken(request, owned.user, owned, wanted, source="update")
    except NothingLeft:
        return refused.text(request, owned, Refusal.NOTHING_LEFT)
    except OnHold:
        return refused.text(request, owned, Refusal.HELD)
    demand(LINKED_REQUESTS, str(session.pk))
    session.entitlement, session.file = owned, wanted
    return deliver(request, session, partial(refused.text, request, owned))


def refusal_to(code: UnlockCode, wanted: ReleaseFile) -> Refusal | None:
    """Why the file is not handed out for this code; None if it is."""
    if refusal := refusal_to_take(code.entitlement, wanted, timezone.now()):
        return refusal
    if code.revoked_at:
        return Refusal.CODE_REVOKED
    return None if wanted.is_stored() else Refusal.MISSING
