"""What stands below /.well-known/ (RFC 8615): that we honour Global Privacy Control, whom to tell of a fault, and where one changes a password."""

from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

HONOURS_GPC_SINCE = date(2026, 11, 27)  # change it whenever what is done about the signal changes
EXPIRES_AFTER = timedelta(days=180)  # RFC 9116, 2.5.5: less than a year; counted anew each day, so that it never lapses

app_name = "well_known"


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def gpc(request: HttpRequest) -> HttpResponse:
    """W3C, Global Privacy Control, "GPC Support Resource"."""
    return JsonResponse({"gpc": True, "lastUpdate": HONOURS_GPC_SINCE.isoformat()})


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def security(request: HttpRequest) -> HttpResponse:
    """RFC 9116: one field a line, lines end with CRLF, plain text in UTF-8."""
    fields = {
        "Contact": f"mailto:{settings.PRIVACY_EMAIL}",
        "Expires": f"{expiry(timezone.now()):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages": ", ".join(code for code, _name in settings.LANGUAGES),
        "Canonical": settings.SITE_URL + reverse("well_known:security"),
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return HttpResponse(text, "text/plain; charset=utf-8")


def expiry(now: datetime) -> datetime:
    """The same all day, so that every host says the same."""
    return datetime.combine(now.astimezone(UTC).date() + EXPIRES_AFTER, time(), UTC)


@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """W3C, A Well-Known URL for Changing Passwords: password managers lead people there."""
    return HttpResponseRedirect(reverse("accounts:change_password"))


urlpatterns = [
    path("gpc.json", gpc, name="gpc"),
    path("security.txt", security, name="security"),
    path("change-password", change_password, name="change_password"),
]
