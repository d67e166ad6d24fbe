"""Second factors, and the recovery from a lost one, as staff see them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import LoginSession, RecoveryDevice
from accounts.models.login_session import EndReason
from privacy.staff import ReadOnlyAdmin


class SecondFactorAdmin(ReadOnlyAdmin):
    """Which members of staff have one. Administration removes a lost one; its owner then enrols anew after the password."""

    list_display = ("user", "name", "confirmed")
    search_fields = ("user__email_key",)
    list_select_related = ("user",)
    fields = list_display

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """For facts nobody deletes; here it is the right of administration."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        LoginSession.objects.filter(user=obj.user, area="staff").end(EndReason.ENDED_BY_STAFF)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for device in queryset:
            self.delete_model(request, device)


admin.site.register([TOTPDevice, RecoveryDevice], SecondFactorAdmin)
