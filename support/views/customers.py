"""Support in the customer resources area: one's cases, and a new one (promise C9)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest
from accounts.views.refusals import cannot_keep, try_later
from infacta.paging import page_of
from support.cases.attaching import CannotAttach
from support.cases.circumstances import in_words
from support.cases.opening import CannotOpen
from support.forms.cases import CustomerCaseForm
from support.models import Case

CASES_A_PAGE = 20


@require_safe
def cases(request: AccountsRequest) -> HttpResponse:
    """One's own cases, the latest first."""
    page = page_of(Case.objects.of(request.user), request.GET.get("page"), CASES_A_PAGE)
    return render(request, "support/cases.html", {"page": page, "grace_days": Case.GRACE.days})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: AccountsRequest) -> HttpResponse:
    """A new case. Where priority support records browser and computer, the page shows what, in words, before it is sent."""
    form = CustomerCaseForm(request)
    if not form.is_bound or not form.is_valid():
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
        form.add_error(
            None, _("You have opened several cases just now. Please wait a few minutes, and send this once more; your text is still here.")
        )
        return try_later(show(request, form), refusal)
    return redirect("support:case", case.reference.lower())


def show(request: AccountsRequest, form: CustomerCaseForm) -> HttpResponse:
    context = {"form": form, "recorded": in_words(form.circumstances), "grace_days": Case.GRACE.days}
    return render(request, "support/new_case.html", context)
