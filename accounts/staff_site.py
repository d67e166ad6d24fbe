"""The staff area: Django's admin, for staff with a second factor alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from accounts.reach import StaffReach
from accounts.views import customers, passwords, staff
from privacy.staff import Autocompletion


class StaffSite(AdminSite):
    """Log-in, log-out and passwords are the site's own; Django's would know nothing of login sessions and throttles."""

    site_header = settings.SITE_NAME
    site_title = settings.SITE_NAME
    index_title = _("Staff")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_authenticated and user.is_staff and user.is_verified())

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Every page of the staff area knows whose rows it may show (privacy/reach.py); one that did not would show nobody's."""

        @wraps(view)
        def within_reach(request: Any, *args: Any, **kwargs: Any) -> Any:
            request.reach = StaffReach(request)
            return view(request, *args, **kwargs)

        return super().admin_view(within_reach, cacheable)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("second-factor/", staff.give_second_factor, name="second_factor"),
            path("second-factor/enrol/", staff.enrol, name="enrol"),
            path("second-factor/recovery-codes/", staff.renew_recovery_codes, name="recovery_codes"),
            path("confirm/", self.admin_view(staff.confirm), name="confirm"),
            path("customers/find/", self.admin_view(customers.find_customer), name="find_customer"),
            path("customers/<str:key>/open/", self.admin_view(customers.open_record), name="open_record"),
            path("customers/<int:pk>/close/", self.admin_view(customers.close), name="close_record"),
        ]
        return own + super().get_urls()

    def autocomplete_view(self, request: Any) -> Any:
        return Autocompletion.as_view(admin_site=self)(request)

    def login(self, request: Any, extra_context: Any = None) -> HttpResponse:
        return staff.log_in(request)

    def logout(self, request: Any, extra_context: Any = None) -> Any:
        return staff.log_out(request)

    def password_change(self, request: Any, extra_context: Any = None) -> Any:
        return passwords.change(request, template="accounts/staff_change_password.html", done="admin:index")
