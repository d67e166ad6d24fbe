"""Getting help: which ways there are, and the form that opens a case. These pages know nobody, and set no cookie."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import TooManyTries
from accounts.views.refusals import cannot_keep, try_later
from infacta.kept_pages import same_for_everybody
from infacta.origin import comes_from_here
from support.cases.attaching import CannotAttach
from support.cases.opening import CannotOpen
from support.forms.cases import PublicCaseForm
from support.models import Case


@require_safe
@same_for_everybody
def home(request: HttpRequest) -> HttpResponse:
    """The ways to get help."""
    return render(request, "support/home.html")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form, and the number of the case. The answer is the same for every address (ASVS 6.3.8)."""
    form = PublicCaseForm(request)
    if request.method != "POST":
        return show(request, form)
    if not comes_from_here(request):
        form.add_error(None, _("Another site sent this form. Please look at what it says, and send it yourself if you mean it."))
        response = show(request, form)
        response.status_code = 403
    else:
        response = asked(request, form)
    response.headers["Cache-Control"] = "no-store"  # with what the visitor typed
    return response


def asked(request: HttpRequest, form: PublicCaseForm) -> HttpResponse:
    if not form.is_valid():
        return show(request, form)
    try:
        case = form.open()
    except CannotAttach as refusal:
        form.refuse_files(refusal)
        return show(request, form)
    except CannotOpen as reason:
        form.add_error(None, str(reason))
        return cannot_keep(show(request, form))
    except TooManyTries as refusal:
        problem = _(
            "From your network, or about this address, a lot was sent just now. Please wait a few minutes, and send this once more."
        )
        form.add_error(None, problem)
        return try_later(show(request, form), refusal)
    return render(request, "support/asked.html", {"case": case, "address": form.cleaned_data["email"], "grace_days": Case.GRACE.days})


def show(request: HttpRequest, form: PublicCaseForm) -> HttpResponse:
    return render(request, "support/new.html", {"form": form, "grace_days": Case.GRACE.days})
