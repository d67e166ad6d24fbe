"""A case as whoever asked sees it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.requests import AccountsRequest
from support.cases.access import case_behind
from support.models import Case
from support.references import reference_in


@require_safe
def by_link(request: HttpRequest, access: str) -> HttpResponse:
    """For whoever has the link from a mail; everybody else sees a page that does not exist."""
    case = case_behind(access)
    if case is None:
        raise Http404
    return render(request, "support/case.html", {"case": case, "thread": case.messages.for_the_customer()})


@require_safe
def in_area(request: AccountsRequest, reference: str) -> HttpResponse:
    """For the customer whose case it is."""
    case = get_object_or_404(Case.objects.live(), user=request.user, reference=reference_in(reference))
    return render(request, "support/case.html", {"case": case, "thread": case.messages.for_the_customer()})
