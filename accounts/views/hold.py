"""The page of an account on hold: what happened, and how to appeal (promises C4, C19)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import admission, candidates
from accounts.appeals import CannotKeep
from accounts.decorators import open_to_strangers
from accounts.forms.holds import AppealForm
from accounts.holds import NotHeld, hold_of
from accounts.limits import TooManyTries
from accounts.models import Hold
from accounts.requests import AccountsRequest
from accounts.views.refusals import cannot_keep, try_later

APPEALS_SHOWN = 5


@open_to_strangers
@require_http_methods(["GET", "HEAD", "POST"])
def held(request: AccountsRequest) -> HttpResponse:
    """Shown to whoever has given the right password within the last hour, and to nobody else; takes what they write to support."""
    user = admission.turned_away(request)
    if user is None:
        return redirect("accounts:log_in")
    hold = hold_of(user.pk)
    if hold is None:
        return hold_has_ended(request)
    form = AppealForm(hold, request.POST) if request.method == "POST" else AppealForm(hold)
    if not form.is_valid():
        return show(request, hold, form)
    try:
        form.send(request)
    except NotHeld:
        return hold_has_ended(request)
    except TooManyTries as refusal:
        return too_many_appeals(request, hold, form, refusal)
    except CannotKeep as reason:
        form.add_error(None, str(reason))
        return cannot_keep(show(request, hold, form))
    messages.success(request, _("Your message has reached us. We read it and answer by e-mail."))
    return redirect("accounts:held")


def show(request: AccountsRequest, hold: Hold, form: AppealForm) -> HttpResponse:
    """When the customer wrote stands there, but not what: whoever else has the password need not read it."""
    context = {"hold": hold, "form": form, "appeals": hold.appeals.all()[:APPEALS_SHOWN]}
    return render(request, "accounts/held.html", context)


def hold_has_ended(request: AccountsRequest) -> HttpResponse:
    """Back to the log-in, which works again."""
    candidates.forget(request, admission.HELD)
    messages.success(request, _("Your account is not on hold any more. You can log in."))
    return redirect("accounts:log_in")


def too_many_appeals(request: AccountsRequest, hold: Hold, form: AppealForm, refusal: TooManyTries) -> HttpResponse:
    """429, with the text still in the form."""
    hours = refusal.seconds // 3600
    said = ngettext(
        "You have written several times today, and we have all of it. You can write once more in %d hour; your text is still here.",
        "You have written several times today, and we have all of it. You can write once more in %d hours; your text is still here.",
        hours,
    )
    form.add_error(None, said % hours)
    return try_later(show(request, hold, form), refusal)
