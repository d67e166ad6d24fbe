"""“That download failed, give it back”: the button."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.limits import GIVE_BACK, demand
from accounts.requests import AccountsRequest
from accounts.views.refusals import refuses_too_many_tries
from downloads.delivery import giving_back
from downloads.delivery.gate import Reason
from downloads.delivery.giving_back import NotGivenBack, ReturnRefusal
from downloads.models import DownloadSession, Entitlement


@require_POST
@refuses_too_many_tries
def give_back(request: AccountsRequest, key: UUID) -> HttpResponse:
    """Returns the download to the allowance, ends its link, and leads back to the product."""
    sessions = DownloadSession.objects.of(request.user)
    session = get_object_or_404(sessions.select_related("entitlement__product", "file"), key=key)
    demand(GIVE_BACK, str(request.user.pk))
    try:
        giving_back.give_back(request, session)
    except NotGivenBack as error:
        return not_given_back(request, session, error.refusal)
    owned = Entitlement.objects.get(pk=session.entitlement_id)
    left = (
        ngettext("The download is given back: %d is left.", "The download is given back: %d are left.", owned.remaining) % owned.remaining
    )
    messages.success(request, left)
    return redirect("downloads:entitlement", pk=owned.pk)


def not_given_back(request: AccountsRequest, session: DownloadSession, refusal: Reason) -> HttpResponse:
    """A page that says why, and where to write to. A second click on the button is no mistake, and leads where the first one led."""
    if refusal is ReturnRefusal.ALREADY:
        messages.info(request, str(refusal.words))
        return redirect("downloads:entitlement", pk=session.entitlement_id)
    return render(request, "downloads/not_given_back.html", {"refusal": refusal, "entitlement": session.entitlement}, status=refusal.status)
