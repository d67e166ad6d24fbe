"""The page of a case. What was told stands on it for whoever works on the case, and for nobody else, whatever their role."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from support.cases.faults import likely_faults
from support.desk import panels
from support.desk.beside import beside
from support.desk.taking import is_of, open_record_for
from support.desk.thread import thread_of
from support.forms.desk import AnswerForm, HandOverForm, NoteForm, TakeOverForm
from support.models import Case, Life
from support.views.desk.queue import case_named, page, works


def is_in_hand(case: Case, request: HttpRequest) -> bool:
    """Whether what was told may be shown: it is there, and this member of staff works on the case."""
    return case.life == Life.LIVE and case.assigned_to_id == request.user.pk


@require_safe
@works
def case(request: HttpRequest, reference: str) -> HttpResponse:
    shown = case_named(reference)
    return show(request, shown) if is_in_hand(shown, request) else door(request, shown)


def door(request: HttpRequest, case: Case, take_over: TakeOverForm | None = None, status: int = 200) -> HttpResponse:
    """What is seen of a case from outside: whose it is, and how to come to it."""
    if case.life != Life.LIVE:
        return page(request, "destroyed", title_of(case), case=case, is_over=case.life == Life.DESTROYED)
    context = {
        "is_own": is_of(case, request.user),
        "take_over": take_over or TakeOverForm(initial={"held_by": case.assigned_to_id or ""}),
        "hold": hold_on(case),
    }
    if request.user.has_perm("support.change_case"):
        context["hand_over"] = HandOverForm(case, initial={"held_by": case.assigned_to_id or ""})
    return page(request, "door", title_of(case), status, case=case, **context)


def show(
    request: HttpRequest,
    case: Case,
    *,
    answer: AnswerForm | None = None,
    note: NoteForm | None = None,
    seen: int | None = None,
    status: int = 200,
) -> HttpResponse:
    """All of it. `seen` is the last message on the page that a form came from: what came after it is marked."""
    record_is_open = open_record_for(case, request)
    thread = thread_of(case, request.GET.get("page"), request.GET.get("files"), seen)
    context = {
        "case": case,
        "thread": thread,
        "is_unread": any(entry.is_new for entry in thread.entries),
        "answer": answer or AnswerForm(),
        "note": note or NoteForm(),
        "hand_over": HandOverForm(case),
        "beside": beside(case.user) if record_is_open else None,
        "faults": likely_faults(case),
        "circumstances": (case.details.circumstances or {}).items(),
        "panels": panels.shown_for(request, case),
        "hold": hold_on(case),
    }
    return page(request, "case", title_of(case), status, **context)


def lost(request: HttpRequest, case: Case, text: str) -> HttpResponse:
    """What somebody wrote cannot go into the case any more, and is not lost: it comes back."""
    now: Any = Case.objects.select_related("assigned_to").get(pk=case.pk)
    return page(request, "lost", title_of(now), 409, case=now, text=text, is_gone=now.life != Life.LIVE)


def hold_on(case: Case) -> Any:
    return case.holds.in_force(timezone.now()).select_related("placed_by").first()


def title_of(case: Case) -> str:
    """Without the subject: it stands in the window's title, and so in the browser's history."""
    return _("Case %(reference)s") % {"reference": case.reference}
