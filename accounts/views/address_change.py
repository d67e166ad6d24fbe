"""Changing the e-mail address: asking, and the links in the mails (promise C11).

The links are open to strangers, for they are often opened where nobody is logged in. Opening one changes nothing, since scanners
of mail do that too: it moves the link into the browser's session, where neither history nor referrer keeps it, and leads to a page with
a button.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import address_change, authentication, cookies
from accounts.address_change import Outcome
from accounts.addresses import address_key, spelled_out
from accounts.decorators import freshly_confirmed, open_to_strangers
from accounts.forms.passwords import NewAddressForm
from accounts.holds import is_held
from accounts.limits import ADDRESS_CHANGE_ACCOUNT, ADDRESS_CHANGE_TARGET, demand
from accounts.models import AddressChange, User
from accounts.models.login_session import EndReason
from accounts.other_sessions import LogInEnded
from accounts.requests import AccountsRequest
from accounts.views.refusals import refuses_too_many_tries

CONFIRM, UNDO = "confirm_address_link", "restore_address_link"  # in the session: the digest of the link that this browser opened


@require_http_methods(["GET", "HEAD", "POST"])
def address(request: AccountsRequest) -> HttpResponseBase:
    """What waits to be confirmed, and the form that asks for a change. To look at what waits, and cancel it, takes no more than the log-in."""
    if request.user.is_staff:
        return render(request, "accounts/address_of_staff.html", status=403)
    waiting = waiting_for(request.user)
    if waiting and request.method != "POST":
        return show(request, NewAddressForm(request.user), waiting)
    return ask(request, waiting)


def waiting_for(user: User) -> AddressChange | None:
    return AddressChange.objects.open(timezone.now()).filter(user=user).first()


@freshly_confirmed
@refuses_too_many_tries
def ask(request: AccountsRequest, waiting: AddressChange | None) -> HttpResponse:
    """Ask for a change. The answer is the same for every address (ASVS 6.3.8)."""
    form = NewAddressForm(request.user, request.POST or None)
    if not form.is_valid():
        return show(request, form, waiting)
    demand(ADDRESS_CHANGE_ACCOUNT, str(request.user.pk))
    demand(ADDRESS_CHANGE_TARGET, address_key(form.cleaned_data["new_email"]))
    try:
        address_change.ask(request, request.user, form.cleaned_data["new_email"])
    except LogInEnded:
        return redirect("accounts:address")
    messages.success(request, _("Two mails are on their way: one to your present address, one to the new one. Open the link in each."))
    return redirect("accounts:address")


def show(request: AccountsRequest, form: NewAddressForm, waiting: AddressChange | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "waiting": waiting}
    if waiting:
        context |= {"new_address": spelled_out(waiting.new_email), "confirm_until": waiting.asked_at + AddressChange.LIFE}
    return render(request, "accounts/address.html", context)


@require_POST
def cancel(request: AccountsRequest) -> HttpResponse:
    """Everything stays as it is, and the links in the mails are dead."""
    if address_change.cancel(request, request.user):
        messages.success(request, _("The change is cancelled. Your address stays as it is."))
    return redirect("accounts:account")


@open_to_strangers
@sensitive_variables("token")
@require_safe
def confirm_link(request: AccountsRequest, token: str) -> HttpResponse:
    """What the mails to both addresses link to."""
    return opened(request, token, CONFIRM, address_change.to_confirm, "accounts:confirm_address")


@open_to_strangers
@sensitive_variables("token")
@require_safe
def undo_link(request: AccountsRequest, token: str) -> HttpResponse:
    """What the mail to the old address links to, once the address is changed."""
    return opened(request, token, UNDO, address_change.to_undo, "accounts:restore_address")


def opened(request: AccountsRequest, token: str, link: str, find: Callable[[str], AddressChange | None], page: str) -> HttpResponse:
    token_hash = authentication.digest(token)
    if find(token_hash) is None:
        return link_is_dead(request)
    request.session.cycle_key()
    request.session[link] = token_hash
    return redirect(page)


@open_to_strangers
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: AccountsRequest) -> HttpResponse:
    """Says what will happen, or what the link has done already; the button confirms at the address that it was mailed to."""
    token_hash = request.session.get(CONFIRM, "")
    change = address_change.to_confirm(token_hash)
    if change is None:
        return link_is_dead(request)
    if request.method == "POST":
        return confirmed(request, change, address_change.confirm(request, token_hash))
    is_old = token_hash == change.old_token_hash
    confirmed_at = change.old_confirmed_at if is_old else change.new_confirmed_at
    context = {"change": change, "new_address": spelled_out(change.new_email), "is_old": is_old, "confirmed_at": confirmed_at}
    return render(request, "accounts/confirm_address.html", context)


def confirmed(request: AccountsRequest, change: AddressChange, outcome: Outcome) -> HttpResponse:
    """What the person sees after the button."""
    if outcome is Outcome.WAITING:
        messages.success(request, _("Confirmed. As soon as the link in the other mail is opened and confirmed too, the address changes."))
        return redirect("accounts:address")
    if outcome is not Outcome.DONE:
        return no_change(request, outcome)
    messages.success(request, _("The address is changed. Please log in with the new one."))
    response = redirect("accounts:log_in")
    change.refresh_from_db()
    if address_key(cookies.remembered_address(request)) == address_key(change.old_email):
        cookies.remember(request, response, change.user)
    end_log_in(request, response, change)
    return response


@open_to_strangers
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: AccountsRequest) -> HttpResponse:
    """Says what will happen, or what the link has done already; the button gives the account its old address back."""
    token_hash = request.session.get(UNDO, "")
    change = address_change.to_undo(token_hash)
    if change is None:
        return link_is_dead(request)
    if request.method != "POST":
        return restored(request, change) if change.undone_at else render(request, "accounts/restore_address.html", {"change": change})
    outcome = address_change.undo(request, token_hash)
    if outcome is not Outcome.DONE:
        return no_change(request, outcome, stopped=not change.user.is_staff and is_held(change.user_id))
    change.refresh_from_db()
    response = restored(request, change)
    end_log_in(request, response, change)
    return response


def restored(request: AccountsRequest, change: AddressChange) -> HttpResponse:
    """What the link has done; nothing, if the account has another address since, or an earlier change was undone with this one."""
    if change.user.email != change.old_email:
        return link_is_dead(request)
    return render(request, "accounts/address_restored.html", {"change": change})


def end_log_in(request: AccountsRequest, response: HttpResponse, change: AddressChange) -> None:
    """Let this browser forget a log-in that has ended with the change; a log-in of somebody else's stays."""
    if request.login_session and request.login_session.user_id == change.user_id:
        authentication.end(request, response, EndReason.ADDRESS_CHANGED)


def no_change(request: AccountsRequest, outcome: Outcome, *, stopped: bool = False) -> HttpResponse:
    if outcome is Outcome.DEAD:
        return link_is_dead(request)
    return render(request, "accounts/address_refused.html", {"taken": outcome is Outcome.TAKEN, "stopped": stopped}, status=409)


def link_is_dead(request: AccountsRequest) -> HttpResponse:
    return render(request, "accounts/dead_address_link.html", status=404)
