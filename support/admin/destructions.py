"""What was destroyed, what stands in the way of the rest, and what the nights' reconciliations found."""

from django.contrib import admin

from privacy.staff import ReadOnlyAdmin
from support.models import Destruction, Reconciliation


@admin.register(Destruction)
class DestructionAdmin(ReadOnlyAdmin):
    list_display = ("number", "state", "trigger", "due_at", "destroyed_at", "attempts", "problem", "next_try_at")
    list_filter = ("state", "trigger")
    list_per_page = 50
    search_fields = ("number__exact",)
    fields = (
        *("number", "state", "problem", "attempts", "next_try_at", "trigger", "due_at", "begun_at"),
        *("key_gone_at", "bytes_gone_at", "mails_gone_at", "texts_gone_at", "destroyed_at", "originally_at", "backups_clear_on"),
        *("messages", "files", "bytes", "manifest_digest"),
    )


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = (
        *("began_at", "ended_at", "keys", "files", "stray_keys", "stray_folders", "stray_files"),
        *("returned_keys", "stuck", "keyless_cases", "missing_files"),
    )
    list_per_page = 50
    fields = (
        *("began_at", "ended_at", "keys", "folders", "files", "stray_keys", "stray_folders", "stray_files"),
        *("returned_keys", "stuck", "keyless_cases", "missing_files", "damaged"),
    )
