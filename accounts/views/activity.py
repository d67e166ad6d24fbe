"""“Your activity”: log-ins, downloads taken, what our staff did, and what changed (promises C6, C7, C16)."""

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.activity import REASON_TOLD, acts_of_staff, changes_of, downloads_of, picture_of
from accounts.other_sessions import others_than
from accounts.requests import AccountsRequest
from infacta.network import client_ip, region_of
from infacta.paging import page_of

A_FEW = 5
A_PAGE = 20


@require_safe
def overview(request: AccountsRequest) -> HttpResponse:
    """The picture of the last 90 days, and the latest of everything."""
    user = request.user
    context = {
        "picture": picture_of(user),
        "log_ins": page_of(user.login_sessions.all(), None, A_FEW),
        "downloads": page_of(downloads_of(user), None, A_FEW),
        "staff": page_of(acts_of_staff(user), None, A_FEW),
        "changes": page_of(changes_of(user), None, A_FEW),
    }
    return show(request, "overview", context)


@require_safe
def log_ins(request: AccountsRequest) -> HttpResponse:
    """Every log-in of the last year, in both areas for those who are staff: each can be ended here."""
    return show_page(request, "log_ins", _("Where you logged in"), request.user.login_sessions.all())


@require_safe
def downloads(request: AccountsRequest) -> HttpResponse:
    """Every download taken, as far as the audit log reaches back."""
    return show_page(request, "downloads", _("Downloads you took"), downloads_of(request.user))


@require_safe
def staff(request: AccountsRequest) -> HttpResponse:
    """When members of our staff opened or changed the record, in which role, and what for; never who they are."""
    return show_page(request, "staff", _("What our staff did"), acts_of_staff(request.user))


@require_safe
def changes(request: AccountsRequest) -> HttpResponse:
    """What changed in the account and in what guards it."""
    return show_page(request, "changes", _("Changes of your account"), changes_of(request.user))


def show_page(request: AccountsRequest, name: str, title: str, rows: QuerySet[Model]) -> HttpResponse:
    """One of the lists by itself, with its other pages."""
    page = page_of(rows, request.GET.get("page"), A_PAGE)
    return show(request, "list", {"title": title, "rows": f"accounts/activity/{name}.html", "page": page})


def show(request: AccountsRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """A page, with what its tables need: which log-in is this one, which net it comes from, and whose reasons are told."""
    address = client_ip(request)
    context |= {
        "current": request.login_session,
        "others_open": others_than(request, request.user).open(timezone.now()).exists,
        "region": region_of(address) if address else "",
        "reason_told": REASON_TOLD,
    }
    return render(request, f"accounts/activity/{template}.html", context)
