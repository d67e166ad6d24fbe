"""The audit log as staff see it: read, searched, never changed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.models import AuditEvent
from privacy.staff import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "user", "actor", "ip", "detail")
    list_filter = ("kind", "at")
    search_fields = ("=user__email_key", "=ip")
    search_help_text = _("E-mail address or IP address, in full.")
    list_select_related = ("user", "actor")
    fields = list_display
