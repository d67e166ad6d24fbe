"""Second factors, and the recovery from a lost one, as staff see them."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from accounts import second_factor
from accounts.models import RecoveryDevice, User
from privacy.staff import ReadOnlyAdmin


class SecondFactorAdmin(ReadOnlyAdmin):
    """Who has one. Administration removes a lost app, and with it all of the second factor; its owner may then enrol anew after the password."""

    list_display = ("user", "name", "confirmed")
    search_fields = ("user__email_key__exact",)
    list_select_related = ("user",)
    fields = list_display

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """For facts nobody deletes; a lost app is removed by administration, and what depends on it goes with it."""
        return self.model is TOTPDevice and admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        second_factor.remove_lost(request, obj.user, by=cast(User, request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for device in queryset:
            self.delete_model(request, device)


admin.site.register([TOTPDevice, RecoveryDevice, WebAuthnCredential], SecondFactorAdmin)
