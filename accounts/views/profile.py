"""Editing contact data and preferences (promise C11)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import cookies
from accounts.forms.profile import ContactForm, PreferencesForm
from accounts.requests import AccountsRequest
from infacta import reading
from infacta.paging import page_of
from privacy.gpc import opted_out

CHOICES_A_PAGE = 10


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: AccountsRequest) -> HttpResponse:
    """Name, company, postal address, telephone and fax."""
    form = ContactForm(request.user, request.POST or None)
    if form.is_valid() and form.save_unless_changed(request):
        messages.success(request, _("Your contact data is saved."))
        return redirect("accounts:account")
    return render(request, "accounts/contact.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: AccountsRequest) -> HttpResponse:
    """Greeting, language, time zone and announcements, with the history of choices about these. The greeting cookie follows at once."""
    form = PreferencesForm(request.user, request.POST or None)
    if not (form.is_valid() and form.save_unless_changed(request)):
        page = page_of(request.user.marketing_choices.all(), request.GET.get("page"), CHOICES_A_PAGE)
        return render(request, "accounts/preferences.html", {"form": form, "page": page, "gpc": opted_out(request)})
    request.user.refresh_from_db()
    reading.begin(request.user)
    messages.success(request, _("Your preferences are saved."))
    response = redirect("accounts:account")
    cookies.greet_again(request, response, request.user)
    return response
