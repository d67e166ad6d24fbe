"""The staff area: Django's admin, for staff with a second factor alone."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest


class StaffSite(AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.is_staff and request.user.is_verified()
