"""Holds and appeals, as staff see them."""

from django.contrib import admin

from accounts.models import Hold
from privacy.staff import ReadOnlyAdmin


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("user", "placed_at", "placed_by", "expires_at", "closed_at", "ended_at", "end")
    list_filter = ("placed_at", "end")
    search_fields = ("user__email_key",)
    list_select_related = ("user", "placed_by")
