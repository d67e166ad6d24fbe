"""How staff come to a customer's record: find the customer, say what for, and close it again (promise C15).

The pages stand in the staff area (accounts/staff_site.py), which admits nobody here who has not given both factors.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.customer_search import MOST, Hit
from accounts.forms.records import FindCustomerForm, ReasonForm
from accounts.limits import TooManyTries
from accounts.models import RecordOpening
from accounts.openings import NotFound, close_record, customer_of
from accounts.requests import AccountsRequest
from accounts.views.refusals import try_later

RECORD = "admin:accounts_user_change"
sees_customers = permission_required("accounts.view_user", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@sees_customers
def find_customer(request: AccountsRequest) -> HttpResponse:
    """Search by what the customer can tell. It is posted, so that no address stands in a web log; the hits are masked."""
    form = FindCustomerForm(request, request.POST or None)
    if not form.is_valid():
        return search_page(request, form)
    try:
        found = form.find()
    except TooManyTries as refusal:
        form.add_error(None, _("You have searched for many customers in a short time. Please wait a minute."))
        return try_later(search_page(request, form), refusal)
    hits = [Hit.of(request.user, user) for user in found[:MOST]]
    return search_page(request, form, sought=True, hits=hits, too_many=len(found) > MOST, groups=form.groups)


def search_page(request: AccountsRequest, form: FindCustomerForm, **found: Any) -> HttpResponse:
    return page(request, "accounts/find_customer.html", _("Find a customer"), form=form, **found)


@require_http_methods(["GET", "HEAD", "POST"])
@sees_customers
def open_record(request: AccountsRequest, key: str) -> HttpResponse:
    """The reason page of a customer whom this member of staff has found; of anybody else there is none."""
    try:
        customer = customer_of(request.user, key)
    except NotFound as error:
        raise Http404 from error
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        form.open(request, customer)
        return redirect(RECORD, customer.pk)
    hit = Hit.of(request.user, customer)
    minutes = int(RecordOpening.LIFE.total_seconds() // 60)
    return page(request, "accounts/open_record.html", _("Open a customer's record"), form=form, hit=hit, minutes=minutes)


@require_POST
def close(request: AccountsRequest, pk: int) -> HttpResponse:
    """Shut a record at once, for the member of staff who opened it."""
    if not close_record(request.user, pk):
        raise Http404
    messages.success(request, _("The record is closed."))
    return redirect("admin:find_customer")


def page(request: AccountsRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return render(request, template, admin.site.each_context(request) | {"title": title} | context)
