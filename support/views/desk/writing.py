"""What whoever works on a case writes in it, and how they end it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from infacta.paging import number_in
from support.cases.hands import NotYours
from support.cases.writing import Gone
from support.desk import working
from support.desk.working import Unread
from support.forms.desk import AnswerForm, NoteForm
from support.models import Case
from support.views.desk.case import is_in_hand, lost, show
from support.views.desk.queue import case_named, works


@require_POST
@works
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Put a canned answer into the form, answer, or answer and close: by the button that was pressed."""
    case, form = case_named(reference), AnswerForm(request.POST)
    if not is_in_hand(case, request):
        return lost(request, case, request.POST.get("text", ""))
    if "insert" in request.POST:
        return with_canned(request, case, form)
    if not form.is_valid():
        return show(request, case, answer=form, seen=form.seen)
    and_close = "answer_and_close" in request.POST
    try:
        working.answer(case, form.words(case, request.user), by=request.user, and_close=and_close, request=request)
    except (Gone, NotYours):
        return lost(request, case, form.cleaned_data["text"])
    except Unread:
        return show(request, case, answer=form, seen=form.seen, status=409)
    messages.success(request, _("It is answered, and the case is closed.") if and_close else _("It is answered: in the case, and by mail."))
    return redirect("support_live:case", case.reference)


def with_canned(request: HttpRequest, case: Case, form: AnswerForm) -> HttpResponse:
    filled = form.with_canned(case, request.user)
    if filled is None:
        messages.warning(request, _("Choose a canned answer from the list first; nothing has gone yet."))
    return show(request, case, answer=filled or form.as_typed(), seen=form.seen)


@require_POST
@works
def note(request: HttpRequest, reference: str) -> HttpResponse:
    """Write for colleagues."""
    case, form = case_named(reference), NoteForm(request.POST)
    if not is_in_hand(case, request):
        return lost(request, case, request.POST.get("text", ""))
    if not form.is_valid():
        return show(request, case, note=form)
    try:
        working.note(case, form.words(case, request.user), by=request.user)
    except (Gone, NotYours):
        return lost(request, case, form.cleaned_data["text"])
    messages.success(request, _("The note is in the case."))
    return redirect("support_live:case", case.reference)


@require_POST
@works
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """The matter is dealt with."""
    case, seen = case_named(reference), number_in(request.POST.get("seen"))
    try:
        done = working.close(case, seen, by=request.user, request=request)
    except Unread:
        return show(request, case, seen=seen, status=409)
    except (Gone, NotYours):
        return overtaken(request, case)
    messages.success(request, _("The case is closed.")) if done else messages.info(request, _("It was closed already."))
    return redirect("support_live:case", case.reference)


@require_POST
@works
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """It is not dealt with after all."""
    case = case_named(reference)
    try:
        done = working.reopen(case, by=request.user, request=request)
    except (Gone, NotYours):
        return overtaken(request, case)
    messages.success(request, _("The case is open again.")) if done else messages.info(request, _("It is open already."))
    return redirect("support_live:case", case.reference)


def overtaken(request: HttpRequest, case: Case) -> HttpResponse:
    messages.error(request, _("Nothing was done: you do not work on this case (any more). See below how it stands."))
    return redirect("support_live:case", case.reference)
