"""Signs of misuse, as staff see them."""

from django.contrib import admin

from accounts.models import MisuseFinding
from privacy.staff import ReadOnlyAdmin


@admin.register(MisuseFinding)
class MisuseFindingAdmin(ReadOnlyAdmin):
    list_display = ("last_at", "detector", "user", "network", "score", "state")
    list_filter = ("state", "detector")
    search_fields = ("user__email_key",)
    list_select_related = ("user",)
