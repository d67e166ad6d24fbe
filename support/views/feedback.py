"""Feedback, in the customer resources area (promise C10)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.limits import TooManyTries
from accounts.requests import AccountsRequest
from accounts.views.refusals import try_later
from infacta.paging import page_of
from support.forms.feedback import FeedbackForm
from support.models import Feedback

FEEDBACK_A_PAGE = 10


@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: AccountsRequest) -> HttpResponse:
    """Leave a suggestion, and see what one has written before."""
    form = FeedbackForm(request, request.POST) if request.method == "POST" else FeedbackForm(request)
    if not form.is_valid():
        return show(request, form)
    try:
        form.give()
    except TooManyTries as refusal:
        form.add_error(
            None, _("You have given us a lot today, and we have all of it. Please send this one later; your text is still here.")
        )
        return try_later(show(request, form), refusal)
    messages.success(request, _("Thank you. Your suggestion is in our store of ideas."))
    return redirect("support:feedback")


def show(request: AccountsRequest, form: FeedbackForm) -> HttpResponse:
    page = page_of(Feedback.objects.of(request.user), request.GET.get("page"), FEEDBACK_A_PAGE)
    return render(request, "support/feedback.html", {"form": form, "page": page})
