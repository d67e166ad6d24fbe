"""Customers, their login sessions, and recovery from a lost second factor, as staff see them."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.contact import CONTACT_FIELDS
from accounts.models import LoginSession, RecoveryDevice, User
from accounts.models.login_session import EndReason
from audit.kinds import Kind
from audit.log import record
from infacta.staff import ReadOnlyAdmin, StaffAdmin


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


@admin.register(LoginSession)
class LoginSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "area", "ip", "browser", "started_at", "last_seen_at", "ended_at", "end_reason")
    list_filter = ("area", "end_reason", "started_at")
    search_fields = ("user__email_key", "ip")
    list_select_related = ("user",)
    fields = list_display
    actions = ("end_sessions",)

    @admin.action(description=_("End these login sessions"), permissions=["end"])
    @transaction.atomic
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[LoginSession]) -> None:
        ended = 0
        for session in queryset:
            if LoginSession.objects.filter(pk=session.pk).end(EndReason.ENDED_BY_STAFF):
                ended += 1
                record(Kind.LOGIN_ENDED, user=session.user, actor=request.user, request=request, login_session=session.pk)
        text = ngettext("%(count)d login session was ended.", "%(count)d login sessions were ended.", ended) % {"count": ended}
        self.message_user(request, text, messages.SUCCESS)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


class SecondFactorAdmin(ReadOnlyAdmin):
    """Which members of staff have one. Administration removes a lost one; its owner then enrols anew after the password."""

    list_display = ("user", "name", "confirmed")
    search_fields = ("user__email_key",)
    list_select_related = ("user",)
    fields = list_display

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        LoginSession.objects.filter(user=obj.user, area="staff").end(EndReason.ENDED_BY_STAFF)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for device in queryset:
            self.delete_model(request, device)


admin.site.register([TOTPDevice, RecoveryDevice], SecondFactorAdmin)
