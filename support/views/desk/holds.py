"""Keeping a case longer where fraud is suspected: administration decides, with a reason and an end (promise G8)."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from support.cases import closing
from support.cases.writing import Gone
from support.desk.taking import is_of
from support.forms.keeping import KeepForm
from support.models import Case
from support.views.desk.case import hold_on
from support.views.desk.queue import case_named, page


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("support.add_casehold", raise_exception=True)
def keep(request: HttpRequest, reference: str) -> HttpResponse:
    case = case_named(reference)
    form = KeepForm(request.POST or None)
    if refused := refusal(request, case):
        messages.error(request, refused)
        return redirect("support_live:case", case.reference)
    if not form.is_valid():
        return page(request, "keep", _("Keep this case for a suspicion of fraud"), case=case, form=form)
    values = form.cleaned_data
    try:
        hold = closing.keep_for_fraud(case, reason=values["reason"], until=values["until"], by=request.user, request=request)
    except Gone:
        messages.error(request, late())
        return redirect("support_live:case", case.reference)
    if hold is None:
        messages.error(request, _("Nothing was done: a colleague decided so at this very moment. See below."))
    else:
        messages.success(request, _("The case is kept until that day, and that is in the audit log."))
    return redirect("support_live:case", case.reference)


def refusal(request: HttpRequest, case: Case) -> str:
    """Why there is nothing to decide here, or not for this person; "" if there is."""
    if is_of(case, request.user):
        return own()
    if not case.may_be_written_in:
        return late()
    return _("It is kept already.") if hold_on(case) else ""


@require_POST
@permission_required("support.change_casehold", raise_exception=True)
def lift(request: HttpRequest, reference: str) -> HttpResponse:
    """The suspicion is gone: what was due is destroyed at the next sweep."""
    case = case_named(reference)
    hold = hold_on(case)
    if is_of(case, request.user):
        messages.error(request, own())
    elif hold is None or not closing.lift(hold, by=request.user, request=request):
        messages.error(request, _("There is no hold on this case (any more)."))
    else:
        messages.success(request, _("The hold is lifted: the case is destroyed when its day comes, or at once if that day is over."))
    return redirect("support_live:case", case.reference)


def own() -> str:
    return _("Nobody decides about a case of their own.")


def late() -> str:
    return _("Nothing was done: the case is being destroyed, or is destroyed already.")
