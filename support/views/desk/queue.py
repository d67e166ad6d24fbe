"""The desk: the queue of cases, the search, and the pictures. None of them shows anything of what was told (promises C15, G8).

The pages stand in the staff area beside Django's own (support/live_urls.py).
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import TooManyTries
from accounts.views.refusals import try_later
from infacta.paging import page_of
from support.desk.figures import figures_of
from support.desk.queue import MOST_OF_AN_ADDRESS, Shown
from support.forms.desk import FindForm, WishForm
from support.models import Case
from support.references import reference_in

A_PAGE = 50
works = permission_required("support.work_case", raise_exception=True)


def page(request: HttpRequest, template: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    values = {**admin.site.each_context(request), "title": title, **context}
    return render(request, f"admin/support/desk/{template}.html", values, status=status)


def case_named(reference: str) -> Case:
    """The case with what its page needs of its row; 404 for one that there is not."""
    cases = Case.objects.select_related("user", "product", "assigned_to")
    return get_object_or_404(cases, reference=reference_in(reference))


@require_safe
@works
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, what is answered, closed, and being destroyed."""
    form = WishForm(request.GET)
    wish = form.wish()
    rest = request.GET.copy()
    for name in ("page", "state"):
        rest.pop(name, None)
    context: dict[str, Any] = {
        "wish": wish,
        "form": form,
        "states": Shown.choices,
        "rest": rest.urlencode(),
        "find": FindForm(),
        "page": page_of(wish.of(request.user), request.GET.get("page"), A_PAGE),
    }
    return page(request, "queue", _("Support desk"), **context)


@require_http_methods(["GET", "HEAD", "POST"])
@works
def find(request: HttpRequest) -> HttpResponse:
    """A case by its number leads to its page; an address to a list of its cases, without what was told in them."""
    form = FindForm(request.POST or None)
    if not form.is_valid():
        return page(request, "find", _("Find a case"), find=form)
    if reference := form.reference():
        return redirect("support_live:case", reference)
    try:
        found = form.find(request)
    except TooManyTries as refusal:
        form.add_error(None, _("You have searched for many customers in a short time. Please wait a minute."))
        return try_later(page(request, "find", _("Find a case"), find=form), refusal)
    shown: dict[str, Any] = {"cases": found[:MOST_OF_AN_ADDRESS], "has_more": len(found) > MOST_OF_AN_ADDRESS, "most": MOST_OF_AN_ADDRESS}
    return page(request, "find", _("Find a case"), find=form, sought=True, **shown)


@require_safe
@works
def figures(request: HttpRequest) -> HttpResponse:
    """How long people wait, and how long they waited for answers."""
    now = timezone.now()
    return page(request, "figures", _("How long people wait"), figures=figures_of(now), now=now)
