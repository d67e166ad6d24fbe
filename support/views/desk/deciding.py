"""Pages of the desk that ask before they act: for whoever works on the case, and for nobody else; a case that is not theirs does not exist."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from support.cases.hands import Decided, NotYours
from support.cases.writing import Gone
from support.desk.taking import open_record_for
from support.models import Case, Kind
from support.references import reference_in
from support.views.desk.queue import page

OVERTAKEN = (Gone, NotYours, Decided)


def case_in_hand(request: HttpRequest, reference: str, kind: Kind) -> Case:
    """The live case of this kind that whoever asks works on; 404 for any other."""
    cases = Case.objects.live().select_related("user", "product")
    return get_object_or_404(cases, reference=reference_in(reference), kind=kind, assigned_to=request.user.pk)


def open_record_of(request: Any, case: Case) -> None:
    """What is on file of the customer is shown with the case as its reason, which the customer reads; 404 if it is not theirs to see."""
    if case.user and not open_record_for(case, request):
        raise Http404


def sent(request: HttpRequest) -> Any:
    """What a form is given: also a form without fields was sent, if it was."""
    return request.POST if request.method == "POST" else None


def back_to(case: Case) -> HttpResponse:
    return redirect("support_live:case", case.reference)


def overtaken(request: HttpRequest, case: Case) -> HttpResponse:
    messages.error(request, _("This was decided meanwhile, or somebody else works on the case now. You have changed nothing."))
    return back_to(case)


def decide(
    request: HttpRequest,
    case: Case,
    *,
    title: str,
    form: forms.Form,
    effect: Callable[[dict[str, Any]], str],
    template: str = "decide",
    **context: Any,
) -> HttpResponse:
    """Ask, and then do it: `effect` says what was done. Whoever was overtaken is told so, and nothing happens.

    ValidationError from it, such as for an account on hold, is shown in the form.
    """
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, effect(form.cleaned_data))
        except OVERTAKEN:
            return overtaken(request, case)
        except forms.ValidationError as error:
            form.add_error(None, error)
        else:
            return back_to(case)
    return page(request, template, title, case=case, form=form, **context)
