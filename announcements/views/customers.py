"""Announcements in the customer's own area (promise C11): topics, and the way out and back. The mailbox needs no proof here."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models.marketing_choice import ChoiceOrigin
from accounts.requests import AccountsRequest
from announcements.forms.topics import TopicsForm
from announcements.group.leaving import leave as leave_for_good
from announcements.models import Mailbox, Subscription


@require_http_methods(["GET", "HEAD", "POST"])
def topics(request: AccountsRequest) -> HttpResponse:
    """Which topics the customer wants to hear of; the mailbox is made once something is chosen."""
    if request.method != "POST":
        mailbox = Mailbox.objects.filter(email_key=request.user.email_key).first() or Mailbox()
        mailbox.user = request.user
        joined = Subscription.objects.standing(request.user.email_key).confirmed().first()
        return render(request, "announcements/topics.html", {"form": TopicsForm(instance=mailbox), "joined": joined})
    form = TopicsForm(request.POST, instance=own_mailbox(request))
    if form.is_valid() and form.choose(request):
        messages.success(request, _("Your choice is saved."))
    return redirect("customer_announcements:topics")


@require_POST
def leave(request: AccountsRequest) -> HttpResponse:
    """No announcements at all."""
    leave_for_good(own_mailbox(request), request, ChoiceOrigin.PREFERENCES)
    messages.success(request, _("You get no more announcements."))
    return redirect("customer_announcements:topics")


@require_POST
def again(request: AccountsRequest) -> HttpResponse:
    """Announcements after all."""
    request.user.opt_in(ChoiceOrigin.PREFERENCES, request)
    messages.success(request, _("You get announcements again."))
    return redirect("customer_announcements:topics")


@transaction.atomic
def own_mailbox(request: AccountsRequest) -> Mailbox:
    """The mailbox of the customer's address, known as theirs from now on."""
    mailbox = Mailbox.objects.at(request.user.email)
    Mailbox.objects.filter(pk=mailbox.pk).update(user=request.user)
    mailbox.user = request.user
    return mailbox
