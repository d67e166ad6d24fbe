"""The staff area: Django's admin, for staff with a second factor alone."""

from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from accounts.views import passwords, staff


class StaffSite(AdminSite):
    """Log-in, log-out and passwords are the site's own; Django's would know nothing of login sessions and throttles."""

    site_header = settings.SITE_NAME
    site_title = settings.SITE_NAME
    index_title = _("Staff")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_authenticated and user.is_staff and user.is_verified())

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("second-factor/", staff.give_second_factor, name="second_factor"),
            path("second-factor/enrol/", staff.enrol, name="enrol"),
            path("second-factor/recovery-codes/", staff.renew_recovery_codes, name="recovery_codes"),
        ]
        return own + super().get_urls()

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A filter in an address goes to the database as it comes, and PostgreSQL knows no text with a NUL: that is a bad request."""
        inner = super().admin_view(view, cacheable)

        def readable(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if "%00" in request.GET.urlencode():
                raise BadRequest("There is a NUL in the address.")
            return inner(request, *args, **kwargs)

        return update_wrapper(readable, inner)

    def login(self, request: Any, extra_context: Any = None) -> HttpResponse:
        return staff.log_in(request)

    def logout(self, request: Any, extra_context: Any = None) -> Any:
        return staff.log_out(request)

    def password_change(self, request: Any, extra_context: Any = None) -> Any:
        return passwords.change(request, template="accounts/staff_change_password.html", done="admin:index")
