"""Your data without an account, in the general area, which knows nobody: asking by an e-mail address, proving the mailbox, and fetching the report.

These pages set no cookie. The form has no token, so what another site sends in a visitor's name is told by the browser (infacta/origin.py); the mailed
links need none, for nobody can forge an address that only the mail knows.
"""

from pathlib import Path
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest
from accounts.views.refusals import try_later
from audit.kinds import Kind as Fact
from audit.log import record
from infacta.origin import comes_from_here
from infacta.private_pages import private
from rights.forms.asking import AskForm
from rights.models import ReportFile, State, SubjectRequest
from rights.report.delivering import deliver
from rights.requests.proving import behind, prove
from rights.views.your_data import progress_page

SCHEMA = Path(settings.BASE_DIR) / "docs" / "report.schema.json"


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The same answer for every address, whether or not anything is on file of it (ASVS 6.3.8)."""
    if request.method != "POST":
        return show_form(request, AskForm())
    if not comes_from_here(request):
        response = show_form(request, AskForm(), _("Another site sent this form. Please begin here, so that you see what you ask for."))
        response.status_code = 403
        return response
    response = asked(request, AskForm(request.POST))
    response["Cache-Control"] = "no-store"  # with what the visitor typed
    return response


def asked(request: HttpRequest, form: AskForm) -> HttpResponse:
    if not form.is_valid():
        return show_form(request, form)
    try:
        form.ask(request)
    except TooManyTries as refusal:
        problem = _("From your network this was done very often just now. Please wait a minute, and press the button once more.")
        return try_later(show_form(request, form, problem), refusal)
    context = {"address": form.cleaned_data["email"], "days": SubjectRequest.PROOF_LIFE.days}
    return render(request, "rights/asked.html", context)


def show_form(request: HttpRequest, form: AskForm, problem: str = "") -> HttpResponse:
    return render(request, "rights/ask_without_account.html", {"form": form, "problem": problem})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def proof(request: HttpRequest, token: str) -> HttpResponse:
    """What the mail links to: a page with a button, for programs that open links prove nothing; afterwards it shows how far it is."""
    found = behind(token)
    if found is None:
        return render(request, "rights/dead_link.html", status=404)
    if request.method == "POST":
        prove(found, request)
        found.refresh_from_db()
    if found.state == State.UNPROVED:
        return render(request, "rights/prove.html", {"asked": found})
    return progress_page(cast(AccountsRequest, request), found, "rights/proved.html")


@require_safe
@private
def report(request: HttpRequest, token: str) -> HttpResponse:
    """Where the second mail leads: the report, for whoever reads the mailbox. Each opening of the page is written down."""
    file = ReportFile.objects.behind(token, timezone.now())
    if file is None:
        return render(request, "rights/dead_link.html", status=404)
    record(Fact.REPORT_TAKEN, user=file.request.user, request=request, number=file.request.number, page=True)
    return render(request, "rights/report.html", {"report": file, "token": token})


@require_safe
@private
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    file = ReportFile.objects.behind(token, timezone.now())
    return deliver(file, request) if file else render(request, "rights/dead_link.html", status=404)


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """What report.json looks like (docs/report.schema.json)."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/schema+json")
