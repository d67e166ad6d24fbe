"""Asking for a correction, in the customer resources area (promise C18)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest
from accounts.views.refusals import try_later
from support.cases.attaching import CannotAttach
from support.forms.corrections import CorrectionForm


@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: AccountsRequest) -> HttpResponse:
    """The form; what is sent opens a case."""
    form = CorrectionForm(request.POST or None)
    if not form.is_valid():
        return render(request, "support/correction.html", {"form": form})
    try:
        case = form.ask(request)
    except CannotAttach as refusal:
        form.add_error(None, str(refusal))
        return render(request, "support/correction.html", {"form": form})
    except TooManyTries as refusal:
        form.add_error(None, _("You have written to us very often just now. Please send this one later; your text is still here."))
        return try_later(render(request, "support/correction.html", {"form": form}), refusal)
    messages.success(request, _("We have it, and look into it. Here you see what comes of it, and a mail tells you."))
    return redirect("support:case", case.reference)
