"""A customer's unlock codes: the licence file of each, a new one in place of one, and all of them once more by mail."""

import logging

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import freshly_confirmed
from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest
from accounts.views.refusals import refuses_too_many_tries
from downloads.codes import mails, reissuing
from downloads.codes.licence import file_name_of, licence_of
from downloads.delivery.gate import Refusal, refusal_to_owner
from downloads.models import Entitlement, UnlockCode
from downloads.models.unlock_code import AlreadyRevoked
from downloads.signing import BadKey
from downloads.views import refused
from infacta.attachment import attachment

log = logging.getLogger(__name__)


def owned_code(request: AccountsRequest, pk: int, code: int) -> UnlockCode:
    """A code of what the customer bought, with entitlement and product; 404 for anything else."""
    owned = get_object_or_404(Entitlement.objects.of(request.user).select_related("product", "edition", "user"), pk=pk)
    return get_object_or_404(owned.unlock_codes, pk=code)


def refusal_of(code: UnlockCode) -> Refusal | None:
    """Why nothing is done for this code; None if it is valid."""
    return refusal_to_owner(code.entitlement) or (Refusal.CODE_REVOKED if code.revoked_at else None)


@require_safe
def licence(request: AccountsRequest, pk: int, code: int) -> HttpResponse:
    """The licence file of a valid code, as often as the customer likes: it costs no download."""
    owned = owned_code(request, pk, code)
    if refusal := refusal_of(owned):
        return refused.page(request, owned.entitlement, refusal)
    try:
        content = licence_of(owned)
    except BadKey as error:
        log.error("A licence file cannot be signed: %s", error)
        return refused.page(request, owned.entitlement, Refusal.NOT_SIGNED)
    return licence_file(owned, content)


def licence_file(code: UnlockCode, content: bytes) -> HttpResponse:
    headers = {"Content-Disposition": attachment(file_name_of(code))}
    return HttpResponse(content, content_type="application/json", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_confirmed
@refuses_too_many_tries
def reissue(request: AccountsRequest, pk: int, code: int) -> HttpResponse:
    """Say what will happen, and at the button's press let it happen; a second press is no mistake, and leads where the first one led."""
    owned = owned_code(request, pk, code)
    if request.method == "POST" and owned.revoked_at and not owned.entitlement.revoked_at:
        return replaced_already(request, owned)
    if refusal := refusal_of(owned):
        return refused.page(request, owned.entitlement, refusal)
    if request.method != "POST":
        return render(request, "downloads/reissue.html", {"entitlement": owned.entitlement, "code": owned})
    try:
        new = reissuing.reissue(owned, request)
    except AlreadyRevoked:
        return replaced_already(request, owned)
    except reissuing.OnHold:
        return refused.page(request, owned.entitlement, Refusal.HELD)
    messages.success(request, _("Your new unlock code is %(code)s. We have sent it to you by mail too.") % {"code": new.code})
    return redirect("downloads:entitlement", pk=pk)


def replaced_already(request: AccountsRequest, code: UnlockCode) -> HttpResponse:
    messages.info(request, _("This unlock code is not valid any more: the valid ones stand here."))
    return redirect("downloads:entitlement", pk=code.entitlement_id)


@require_POST
def send(request: AccountsRequest, pk: int) -> HttpResponse:
    """Mail all valid codes of one product once more, to the account's address."""
    owned = get_object_or_404(Entitlement.objects.of(request.user).select_related("product", "user"), pk=pk)
    if refusal := refusal_to_owner(owned):
        return refused.page(request, owned, refusal)
    try:
        mails.send_codes(owned, request)
    except TooManyTries:
        messages.info(request, _("They were sent lately. If no mail has come within some minutes, look among the unwanted mails too."))
    else:
        messages.success(request, _("The mail with your unlock codes is on its way to %(address)s.") % {"address": owned.user.email})
    return redirect("downloads:entitlement", pk=pk)
