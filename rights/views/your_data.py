"""Your data, in the customer resources area: what you can have done with it, and the report of all of it (promise C17)."""

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import freshly_confirmed
from accounts.limits import PERSONAL_DATA_REPORT, demand
from accounts.requests import AccountsRequest
from accounts.views.refusals import refuses_too_many_tries
from rights.asking.customers import ask, latest
from rights.models import Kind, ReportFile, SubjectRequest
from rights.report.delivering import deliver
from rights.report.making import NO_ROOM

SECONDS = 3  # after so many the page of progress is shown anew


@require_safe
def your_data(request: AccountsRequest) -> HttpResponse:
    return render(request, "rights/your_data.html", {"asked": latest(request.user), "days": ReportFile.LIFE.days})


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_confirmed
@refuses_too_many_tries
def report(request: AccountsRequest) -> HttpResponse:
    """Ask for the report. One that is under way is shown, and no second one begun."""
    if request.method != "POST":
        return render(request, "rights/ask.html", {"days": ReportFile.LIFE.days})
    if not SubjectRequest.objects.open().filter(user=request.user, kind=Kind.REPORT).exists():
        demand(PERSONAL_DATA_REPORT, str(request.user.pk))
    return redirect("rights:report", ask(request.user, request).number)


@require_safe
def progress(request: AccountsRequest, number: str) -> HttpResponse:
    """How far it is. Without JavaScript the page shows itself anew; once it is ready it has the button."""
    asked = SubjectRequest.objects.filter(kind=Kind.REPORT, user=request.user, number=number).select_related("report").first()
    if asked is None:
        raise Http404
    return progress_page(request, asked, "rights/progress.html")


def progress_page(request: AccountsRequest, asked: SubjectRequest, template: str, **more: str) -> HttpResponse:
    file = getattr(asked, "report", None)
    under_way = asked.ended_at is None
    context = {"asked": asked, "report": file, "under_way": under_way, "no_room": asked.problem == NO_ROOM, "days": ReportFile.LIFE.days}
    page = render(request, template, context | more)
    if under_way:
        page["Refresh"] = str(SECONDS)
    return page


@require_safe
@freshly_confirmed
def download(request: AccountsRequest, number: str) -> HttpResponseBase:
    """The file, for its owner, for seven days."""
    found = ReportFile.objects.ready(timezone.now()).filter(request__user=request.user, request__number=number)
    file = found.select_related("request__user").first()
    if file is None:
        raise Http404
    return deliver(file, request)
