"""Files of a case, decrypted on the way out. A browser is never asked to look into one: it saves it."""

from collections.abc import Iterator
from itertools import chain
from typing import cast

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.views.decorators.http import require_POST, require_safe

from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest
from accounts.views.refusals import too_many_tries
from infacta.attachment import BINARY, attachment
from support.cases.copies import send_copy
from support.cases.files import files_for_the_customer
from support.cases.writing import Gone
from support.models import CaseFile
from support.vault.files import Damaged
from support.vault.keyring import KeyGone
from support.views.doors import Door, gone, no_case


@require_safe
def download(request: HttpRequest, door: Door, file: int) -> HttpResponseBase:
    """One file, for whoever may see the case."""
    found = files_for_the_customer(door.case).filter(pk=file).first()
    if found is None:
        raise Http404
    found.case = door.case
    return streamed(found)


@require_POST
def copy(request: HttpRequest, door: Door, file: int) -> HttpResponseBase:
    """Mail one file, byte for byte, to the address of the case."""
    found = files_for_the_customer(door.case).filter(pk=file).first()
    if found is None:
        raise Http404
    try:
        send_copy(found, request)
    except Gone:
        return no_case(request) if door.is_link else gone(request, door)
    except TooManyTries as refusal:
        return too_many_tries(cast(AccountsRequest, request), refusal)
    return HttpResponseRedirect(f"{door.thread}?done=copied")


def streamed(file: CaseFile) -> StreamingHttpResponse:
    """The file as what it was sent as, to be saved: of no type that a browser opens, and in a sandbox if one does. Http404 if it is destroyed."""
    try:
        pieces = begun(file.content())
    except (KeyGone, FileNotFoundError, Damaged) as error:
        raise Http404 from error
    response = StreamingHttpResponse(pieces, content_type=BINARY)
    response.headers["Content-Length"] = str(file.size)
    response.headers["Content-Disposition"] = attachment(file.name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """With the first piece read already, so that what cannot be read is known before anything is sent."""
    return chain([next(pieces, b"")], pieces)
