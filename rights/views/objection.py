"""Objecting to what rests on a legitimate interest (GDPR article 21): to announcements with one button, to the rest with reasons."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.limits import TooManyTries
from accounts.models.marketing_choice import ChoiceOrigin
from accounts.requests import AccountsRequest
from accounts.views.refusals import cannot_keep, try_later
from infacta.paging import page_of
from privacy import purposes
from privacy.registry import Purpose
from rights.forms.wishes import ObjectionForm
from support.cases.opening import CannotOpen
from support.models import Case, Kind

PAGE = 20
AT_ONCE = purposes.ANNOUNCEMENTS_TO_CUSTOMERS


@require_safe
def show(request: AccountsRequest) -> HttpResponse:
    """Every purpose that rests on an interest of ours, what objecting to it does, and what was objected to."""
    rows = [(purpose, purpose is AT_ONCE) for purpose in purposes.RESTING_ON_INTEREST]
    earlier = Case.objects.of(request.user).live().filter(kind=Kind.OBJECTION).select_related("objection")
    context = {"rows": rows, "page": page_of(earlier, request.GET.get("page"), PAGE), "titles": titles()}
    return render(request, "rights/objection.html", context)


def titles() -> dict[str, str]:
    return {purpose.slug: str(purpose.text) for purpose in purposes.RESTING_ON_INTEREST}


@require_POST
def stop_announcements(request: AccountsRequest) -> HttpResponse:
    """To advertising nobody need give a reason: it stops at once (GDPR article 21(2))."""
    request.user.opt_out(ChoiceOrigin.PREFERENCES, request)
    messages.success(request, _("Announcements have stopped, at once and for good."))
    return redirect("rights:objection")


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: AccountsRequest, slug: str) -> HttpResponse:
    """The reasons; what is sent opens a case."""
    purpose = purpose_of(slug)
    form = ObjectionForm(request.POST or None)
    context = {"form": form, "purpose": purpose}
    if not form.is_valid():
        return render(request, "rights/objection_write.html", context)
    try:
        case = form.send(purpose.slug, str(purpose.text), request)
    except CannotOpen as reason:
        form.add_error(None, str(reason))
        return cannot_keep(render(request, "rights/objection_write.html", context))
    except TooManyTries as refusal:
        form.add_error(None, _("You have written to us very often just now. Please send this one later; your text is still here."))
        return try_later(render(request, "rights/objection_write.html", context), refusal)
    messages.success(request, _("We have it, and weigh it. Here you see what comes of it, and a mail tells you."))
    return redirect("support:case", case.reference)


def purpose_of(slug: str) -> Purpose:
    for purpose in purposes.RESTING_ON_INTEREST:
        if purpose.slug == slug and purpose is not AT_ONCE:
            return purpose
    raise Http404
