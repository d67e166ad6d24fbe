"""Changes of e-mail addresses, as staff see them."""

from django.contrib import admin

from accounts.models import AddressChange
from privacy.staff import ReadOnlyAdmin


@admin.register(AddressChange)
class AddressChangeAdmin(ReadOnlyAdmin):
    list_display = (
        "user",
        "old_email",
        "new_email",
        "asked_at",
        "old_confirmed_at",
        "new_confirmed_at",
        "done_at",
        "cancelled_at",
        "undone_at",
    )
    list_filter = ("asked_at",)
    search_fields = ("user__email_key__exact", "old_email", "new_email")
    list_select_related = ("user",)
    fields = list_display
