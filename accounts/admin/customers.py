"""Customers, as staff see them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.contact import CONTACT_FIELDS
from accounts.models import User
from audit.kinds import Kind
from audit.log import record
from privacy.staff import StaffAdmin


@admin.register(User)
class UserAdmin(StaffAdmin):
    """Customers and staff. Nobody sets another's password (ASVS 6.4.6): the person asks for a link at the log-in."""

    list_display = ("email", "name", "company", "city", "country", "is_staff", "opened_at")
    list_filter = ("is_staff", "opened_at")
    search_fields = ("email", "email_key", "name", "company", "purchases__order_reference")
    readonly_fields = ("email", "opened_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "opened_at", "last_login")}),
        (_("Contact data"), {"fields": CONTACT_FIELDS}),
        (_("Staff"), {"fields": ("is_staff", "is_superuser", "groups")}),
    )
    filter_horizontal = ("groups",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if rights := sorted({"is_staff", "is_superuser", "groups"} & set(form.changed_data)):
            record(Kind.STAFF_CHANGED, user=form.instance, actor=request.user, request=request, changed=rights)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only administration decides who is staff."""
        staff = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups")
        return (*super().get_readonly_fields(request, obj), *staff)
