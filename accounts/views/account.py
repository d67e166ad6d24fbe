"""The hub of the customer's own account."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import get_current_timezone_name
from django.views.decorators.http import require_safe

from accounts.contact import CONTACT_FIELDS
from accounts.requests import AccountsRequest
from infacta.reading import language_of


@require_safe
def account(request: AccountsRequest) -> HttpResponse:
    """What we know of the customer and how they like it, with the way to change each of it (promise C11)."""
    context = {
        "has_contact_data": any(getattr(request.user, name) for name in CONTACT_FIELDS),
        "chosen_language": dict(settings.LANGUAGES).get(language_of(request.user)),
        "time_zone": get_current_timezone_name(),
    }
    return render(request, "accounts/account.html", context)
