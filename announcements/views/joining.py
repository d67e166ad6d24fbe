"""Joining the announcement group (promise G3).

These pages know nobody and set no cookie. The form has no token, so what another site sends in a visitor's name is told by the browser
(infacta/origin.py); the mailed link needs none, for nobody can forge an address that only the mail knows.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.limits import TooManyTries
from accounts.views.refusals import try_later
from announcements.forms.joining import JoinForm
from announcements.group.joining import confirm, subscription_of_link
from announcements.models import Mailbox
from infacta.origin import comes_from_here
from infacta.private_pages import private


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """The form by itself, and where the form of every other page leads. The answer is the same for every address (ASVS 6.3.8)."""
    if request.method != "POST":
        return show_form(request, JoinForm())
    if not comes_from_here(request):
        form = JoinForm()
        response = show_form(request, form, _("Another site sent this form. Please begin here, so that you see what you join for."))
        response.status_code = 403
        return response
    form = JoinForm(request.POST)
    response = asked(request, form)
    response.headers["Cache-Control"] = "no-store"  # with what the visitor typed
    return response


def asked(request: HttpRequest, form: JoinForm) -> HttpResponse:
    if not form.is_valid():
        return show_form(request, form)
    try:
        form.join(request)
    except TooManyTries as refusal:
        problem = _("From your network this was done very often just now. Please wait a minute, and press the button once more.")
        return try_later(show_form(request, form, problem), refusal)
    return render(request, "announcements/asked.html", {"address": form.cleaned_data["email"]})


def show_form(request: HttpRequest, form: JoinForm, problem: str = "") -> HttpResponse:
    return render(request, "announcements/join.html", {"form": form, "problem": problem})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def confirm_link(request: HttpRequest, token: str) -> HttpResponse:
    """What the mail links to: a page with a button, for programs that open links confirm nothing. It works on every device, and any number of times."""
    subscription = subscription_of_link(token)
    if subscription is None:
        return render(request, "announcements/dead_link.html", status=404)
    if request.method != "POST":
        return render(request, "announcements/confirm.html")
    if not confirm(subscription, request):
        return render(request, "announcements/dead_link.html", {"is_over": True}, status=410)
    context = {"address": subscription.email, "mailbox": Mailbox.objects.at(subscription.email)}
    return render(request, "announcements/joined.html", context)
