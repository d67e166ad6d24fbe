"""Who works on a case: take it on, take it over, hand it over, give it back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from infacta.paging import number_in
from support.desk import taking
from support.desk.taking import Overtaken, OwnCase
from support.forms.desk import HandOverForm, TakeOverForm
from support.models import Case
from support.views.desk.case import door
from support.views.desk.queue import case_named, works

Change = Callable[[Any, Case], HttpResponse | None]


def changes_hands(view: Change) -> Callable[..., HttpResponse]:
    """A view that changes who works on the case, and leads to its page; of what others did meanwhile a message tells."""

    @require_POST
    @works
    @wraps(view)
    def guarded(request: HttpRequest, reference: str) -> HttpResponse:
        case = case_named(reference)
        try:
            answer = view(request, case)
        except Overtaken:
            messages.error(
                request, _("Nothing was done: the case changed hands meanwhile, or is being destroyed. See below how it stands.")
            )
            answer = None
        except OwnCase:
            messages.error(request, _("Nobody works on a case of their own. Let a colleague do it, please."))
            answer = None
        return answer or redirect("support_live:case", case.reference)

    return guarded


@changes_hands
def take(request: HttpRequest, case: Case) -> None:
    taking.take(case, request.user, request)
    taking.open_record_for(case, request)
    messages.success(request, _("You work on this case now."))


@changes_hands
def take_over(request: HttpRequest, case: Case) -> HttpResponse | None:
    """From a colleague, with a reason."""
    form = TakeOverForm(request.POST)
    if not form.is_valid():
        return door(request, case, take_over=form)
    taking.take_over(case, holder_in(form), form.cleaned_data["reason"], request.user, request)
    taking.open_record_for(case, request)
    messages.success(request, _("You work on this case now."))
    return None


@changes_hands
def hand_over(request: HttpRequest, case: Case) -> HttpResponse | None:
    """To a colleague: by whoever works on it, and by administration, whoever does."""
    is_mine = case.assigned_to_id == request.user.pk
    if not is_mine and not request.user.has_perm("support.change_case"):
        raise PermissionDenied
    form = HandOverForm(case, request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was done: choose a colleague from the list."))
        return None
    to = form.cleaned_data["to"]
    taking.hand_over(case, request.user.pk if is_mine else holder_in(form), to, request.user, request)
    messages.success(request, _("%(name)s works on this case now.") % {"name": to.get_full_name()})
    return None


@changes_hands
def give_back(request: HttpRequest, case: Case) -> None:
    taking.give_back(case, request.user, request)
    messages.success(request, _("The case is nobody's now, and waits for whoever takes it on."))


def holder_in(form: Any) -> int | None:
    """Whose case it was as far as whoever decides knew."""
    return number_in(form.cleaned_data["held_by"]) or None
