"""Help for those who cannot log in (promise C8): in the general area, which knows nobody and sets no cookie."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.limits import TooManyTries
from accounts.views.refusals import try_later
from infacta.origin import comes_from_here
from support.cases.attaching import CannotAttach
from support.forms.login_help import LogInHelpForm


@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def log_in_help(request: HttpRequest) -> HttpResponse:
    """The quick ways, and the form. The answer is the same whatever was told, and nothing is looked up for it (ASVS 6.3.8)."""
    if request.method != "POST":
        return show(request, LogInHelpForm())
    if not comes_from_here(request):
        response = show(request, LogInHelpForm(), _("Another site sent this form. Please begin here, so that you see what you ask for."))
        response.status_code = 403
        return response
    form = LogInHelpForm(request.POST)
    response = asked(request, form)
    response.headers["Cache-Control"] = "no-store"  # with what the visitor typed
    return response


def asked(request: HttpRequest, form: LogInHelpForm) -> HttpResponse:
    if not form.is_valid():
        return show(request, form)
    try:
        form.ask(request)
    except CannotAttach as refusal:
        return show(request, form, str(refusal))
    except TooManyTries as refusal:
        problem = _(
            "This was asked very often just now, from your network or for this address. Please send it again later: your text is still here."
        )
        return try_later(show(request, form, problem), refusal)
    return render(request, "support/log_in_help_asked.html", {"address": form.cleaned_data["email"]})


def show(request: HttpRequest, form: LogInHelpForm, problem: str = "") -> HttpResponse:
    return render(request, "support/log_in_help.html", {"form": form, "problem": problem})
