"""The audit log as staff see it: read, searched, never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    list_display = ("at", "kind", "user", "actor", "ip", "detail")
    list_filter = ("kind", "at")
    search_fields = ("=user__email_key", "=ip")
    search_help_text = "E-mail address or IP address, in full"
    list_select_related = ("user", "actor")
    fields = readonly_fields = list_display
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
