"""A case as whoever asked sees it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from support.cases.access import case_behind


@require_safe
def by_link(request: HttpRequest, access: str) -> HttpResponse:
    """For whoever has the link from a mail; everybody else sees a page that does not exist."""
    case = case_behind(access)
    if case is None:
        raise Http404
    return render(request, "support/case.html", {"case": case, "thread": case.messages.for_the_customer()})
