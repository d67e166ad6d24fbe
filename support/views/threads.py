"""The pages of one case, the same by the link from the mail and in the area (support/views/doors.py)."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.limits import TooManyTries
from accounts.views.refusals import try_later
from infacta.paging import page_of
from support.cases import closing
from support.cases.attaching import CannotAttach
from support.cases.circumstances import in_words
from support.cases.files import files_for_the_customer
from support.cases.holdings import hold_in_force, holdings_of
from support.cases.writing import Gone
from support.destruction.at_once import destroy_at_once
from support.forms.cases import ReplyForm
from support.models import Case
from support.views.doors import Door, gone, no_case

MESSAGES_A_PAGE = 30
FILES_SHOWN = 30
ROWS_A_PAGE = 50
DONE: dict[str, str | Promise] = {
    "written": gettext_lazy("Your message has reached us."),
    "closed": gettext_lazy("The case is closed. Until the day below you can open it again."),
    "copied": gettext_lazy(
        "A mail is on its way to the address of this case: with the file, exactly as it was sent, or with the link to it if it is large."
    ),
    "reopened": gettext_lazy("The case is open again."),
}


@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: HttpRequest, door: Door) -> HttpResponseBase:
    """What was said, and the form to say more."""
    form = ReplyForm(request, door.case)
    if not form.is_bound or not form.is_valid():
        return show(request, door, form)
    try:
        form.send(door.channel)
    except Gone:
        return gone_now(request, door)
    except CannotAttach as refusal:
        form.refuse_files(refusal)
        return show(request, door, form)
    except TooManyTries as refusal:
        form.add_error(
            None, _("You wrote very often just now. Please wait a few minutes, and send this once more; your text is still here.")
        )
        return try_later(show(request, door, form), refusal)
    return done(door, "written")


def show(request: HttpRequest, door: Door, form: ReplyForm) -> HttpResponse:
    messages = door.case.messages.for_the_customer().prefetch_related("files").order_by("-written_at", "-pk")
    page = page_of(messages, request.GET.get("page"), MESSAGES_A_PAGE)
    diagnostics = list(files_for_the_customer(door.case).filter(message=None)[:FILES_SHOWN])
    belong_to(door.case, page.rows, diagnostics, *(message.files.all() for message in page.rows))
    context = {
        "door": door,
        "case": door.case,
        "page": page,
        "thread": page.rows[::-1],
        "diagnostics": diagnostics,
        "hold": hold_in_force(door.case),
        "form": form,
        "done": DONE.get(request.GET.get("done", "")),
    }
    return render(request, "support/case.html", context)


def belong_to(case: Case, *lists: Iterable[Any]) -> None:
    """Each row knows the case, and so its key, without asking the database again."""
    for row in chain(*lists):
        row.case = case


@require_POST
def close(request: HttpRequest, door: Door) -> HttpResponseBase:
    """The customer says that it is dealt with."""
    try:
        closing.close(door.case, request=request)
    except Gone:
        return gone_now(request, door)
    return done(door, "closed")


@require_POST
def reopen(request: HttpRequest, door: Door) -> HttpResponseBase:
    """It is not dealt with after all."""
    try:
        closing.reopen(door.case, request=request)
    except Gone:
        return gone_now(request, door)
    return done(door, "reopened")


@require_http_methods(["GET", "HEAD", "POST"])
def destroy(request: HttpRequest, door: Door) -> HttpResponseBase:
    """What will be destroyed, and the button that destroys it."""
    if request.method == "POST":
        try:
            destruction = destroy_at_once(door.case)
        except Gone:
            return gone_now(request, door)
        if destruction:
            return render(request, "support/destroying.html", {"door": door, "case": door.case, "destruction": destruction})
    holdings = holdings_of(door.case)
    counted = {"messages": holdings.messages.count(), "files": holdings.files.count(), "notes": holdings.notes}
    context = {"door": door, "case": door.case, "counted": counted, "hold": hold_in_force(door.case)}
    return render(request, "support/destroy.html", context, status=409 if request.method == "POST" else 200)


@require_safe
def held(request: HttpRequest, door: Door) -> HttpResponseBase:
    """What we hold about the case, and until when."""
    holdings = holdings_of(door.case)
    number = request.GET.get("page")
    pages = {name: page_of(getattr(holdings, name), number, ROWS_A_PAGE) for name in ("messages", "files", "mails", "facts")}
    belong_to(door.case, pages["messages"].rows, pages["files"].rows)
    longest = max(pages.values(), key=lambda page: page.has_next)
    context = {
        "door": door,
        "case": door.case,
        "holdings": holdings,
        "circumstances": in_words(door.case.details.circumstances),
        "lists": pages,
        "page": longest,
        "now": timezone.now(),
        "backup_days": settings.SUPPORT_BACKUP_DAYS,
    }
    return render(request, "support/held.html", context)


def done(door: Door, what: str) -> HttpResponseRedirect:
    """Back to the case, with a sentence about what was done: no session is needed for it."""
    return HttpResponseRedirect(f"{door.thread}?done={what}")


def gone_now(request: HttpRequest, door: Door) -> HttpResponseBase:
    return no_case(request) if door.is_link else gone(request, door)
