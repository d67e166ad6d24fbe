"""Having everything erased, in the customer resources area: what that means, and then three steps with time to think."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import candidates
from accounts.admission import HELD
from accounts.decorators import freshly_confirmed, open_to_strangers
from accounts.models import User
from accounts.requests import AccountsRequest
from rights.erasure.asking import MayNot, TooLate, cancel_path, pending_of
from rights.erasure.asking import cancel as cancel_request
from rights.erasure.persons import person_behind
from rights.erasure.planning import preview
from rights.forms.wishes import ErasureForm

HELD_LIFE = 600  # seconds, as long as a confirmation counts


@require_safe
def show(request: AccountsRequest) -> HttpResponse:
    """What goes, what stays and why; and if it was asked for, when it begins and how to cancel it."""
    return page(request, request.user, "rights/erasure.html", pending=pending_of(request.user))


def page(request: AccountsRequest, user: User, template: str, **more: object) -> HttpResponse:
    context = {
        "lines": preview(person_behind(user)),
        "days": settings.ERASURE_COOLING_DAYS,
        "purchase_years": settings.PURCHASE_YEARS,
        "is_staff": user.is_staff or user.is_superuser,
    }
    return render(request, template, context | more)


@require_http_methods(["GET", "HEAD", "POST"])
@freshly_confirmed
def confirm(request: AccountsRequest) -> HttpResponse:
    """The tick, and the button. Asked for twice it is one."""
    user = request.user
    if user.is_staff or user.is_superuser or pending_of(user):
        return redirect("rights:erasure")
    form = ErasureForm(request.POST or None)
    if not form.is_valid():
        return page(request, user, "rights/erasure_confirm.html", form=form)
    try:
        form.ask(user, request)
    except MayNot:
        return redirect("rights:erasure")
    messages.success(request, _("We have noted it, and mailed you how to cancel it."))
    return redirect("rights:erasure")


@require_POST
def cancel(request: AccountsRequest) -> HttpResponse:
    """One button, while it has not begun."""
    pending = pending_of(request.user)
    try:
        if pending:
            cancel_request(pending, request=request)
            messages.success(request, _("It is cancelled: everything stays as it is."))
    except TooLate:
        messages.error(request, _("It has begun already, and cannot be cancelled any more."))
    return redirect("rights:erasure")


@open_to_strangers
@require_http_methods(["GET", "HEAD", "POST"])
def on_hold(request: AccountsRequest) -> HttpResponse:
    """For whoever has just given the right password and found their account on hold: they have the same right, and cannot log in to use it."""
    user = candidates.noted(request, HELD, User.objects.all(), HELD_LIFE)
    if user is None:
        return redirect("accounts:log_in")
    pending = pending_of(user)
    form = None if pending else ErasureForm(request.POST or None)
    if form and form.is_valid():
        try:
            form.ask(user, request)
        except MayNot:
            return redirect("accounts:held")
        messages.success(request, _("We have noted it, and mailed you how to cancel it."))
        return redirect("rights:erasure_on_hold")
    link = cancel_path(pending) if pending else ""
    return page(request, user, "rights/erasure_on_hold.html", form=form, pending=pending, cancel_link=link)
