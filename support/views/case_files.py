"""Files of a case, decrypted on the way out. A browser is never asked to look into one: it saves it."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest
from accounts.views.refusals import too_many_tries
from infacta.attachment import to_be_saved
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
    found = file_of(door, file)
    try:
        return to_be_saved(found.content(), found.name, found.size)
    except (KeyGone, FileNotFoundError, Damaged) as error:
        raise Http404 from error


@require_POST
def copy(request: HttpRequest, door: Door, file: int) -> HttpResponseBase:
    """Mail one file, byte for byte, to the address of the case."""
    found = file_of(door, file)
    try:
        send_copy(found, request)
    except Gone:
        return no_case(request) if door.is_link else gone(request, door)
    except TooManyTries as refusal:
        return too_many_tries(cast(AccountsRequest, request), refusal)
    return HttpResponseRedirect(f"{door.thread}?done=copied")


def file_of(door: Door, number: int) -> CaseFile:
    """404 for a file of another case, and for one that staff keep for themselves. It knows the case, and so its key."""
    found = files_for_the_customer(door.case).filter(pk=number).first()
    if found is None:
        raise Http404
    found.case = door.case
    return found
