"""What customers may have and what they took, as staff see it."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from downloads.forms.entitlements import EntitlementForm
from downloads.models import AllowanceEntry, DownloadSession, Entitlement, UnlockCode
from downloads.models.allowance import Actor
from downloads.unlock_code_format import NotAnUnlockCode, normalised
from privacy.staff import ReadOnlyAdmin, StaffAdmin

LINES_BESIDE_AN_ENTITLEMENT = 50


@admin.register(Entitlement)
class EntitlementAdmin(StaffAdmin):
    """Facts, but for three things to do, each with a reason: adding downloads, taking back units, and moving the end of the upgrades."""

    form = EntitlementForm
    tells_itself = True
    list_display = (
        "user",
        "product",
        "edition",
        "units",
        "units_revoked",
        "downloads_allowed",
        "downloads_used",
        "remaining",
        "granted_at",
    )
    facts = (*list_display, "upgrades_until", "revoked_at")
    list_filter = ("product", "granted_at", "revoked_at")
    search_fields = ("user__email_key", "user__name", "=unlock_codes__code", "=purchase_item__purchase__order_reference")
    list_select_related = ("user", "product", "edition")
    readonly_fields = (*facts, "changes")
    fieldsets = (
        (None, {"fields": facts}),
        (_("Change"), {"fields": ("more", "take_back", "new_end", "no_end", "reason", "seen")}),
        (_("The ledger of its downloads"), {"fields": ("changes",)}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("the latest changes"))
    def changes(self, entitlement: Entitlement) -> SafeString:
        """The latest lines, to read; the list of all of them has pages."""
        lines = entitlement.allowance_entries.with_left().select_related("session__file")[:LINES_BESIDE_AN_ENTITLEMENT]
        return render_to_string("admin/downloads/entitlement/changes.html", {"lines": lines, "person": entitlement.user_id})

    def save_model(self, request: HttpRequest, obj: Entitlement, form: forms.ModelForm, change: bool) -> None:
        values = form.cleaned_data
        facts = {"user": obj.user, "actor": request.user, "request": request, "entitlement": obj.pk, "reason": values["reason"]}
        facts |= in_role(request.user)
        if values["more"]:
            obj.allow_more(values["more"], values["reason"])
            record(Kind.ENTITLEMENT_CHANGED, downloads=values["more"], **facts)
        if values["take_back"] and (units := obj.revoke(values["take_back"], Actor.STAFF, values["reason"])):
            record(Kind.ENTITLEMENT_REVOKED, units=units, **facts)
        if values["new_end"] or values["no_end"]:
            obj.include_until(values["new_end"])
            record(Kind.UPGRADES_CHANGED, until=values["new_end"] and values["new_end"].isoformat(), **facts)


@admin.register(UnlockCode)
class UnlockCodeAdmin(ReadOnlyAdmin):
    list_display = ("code", "entitlement", "unit", "issued_at", "revoked_at")
    list_filter = ("entitlement__product", "issued_at")
    search_fields = ("=code", "entitlement__user__email_key")
    list_select_related = ("entitlement__product",)
    fields = list_display
    search_help_text = _("An unlock code however it was typed, or an e-mail address.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[UnlockCode], search_term: str
    ) -> tuple[QuerySet[UnlockCode], bool]:
        """A code as a customer reads it out is found too: without dashes, in small letters, with O for 0."""
        with suppress(NotAnUnlockCode):
            search_term = normalised(search_term)
        return super().get_search_results(request, queryset, search_term)


@admin.register(AllowanceEntry)
class AllowanceEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "customer", "entitlement", "kind", "change", "actor", "reason")
    list_filter = ("kind", "actor", "at")
    search_fields = ("entitlement__user__email_key",)
    list_select_related = ("entitlement__user", "entitlement__product")
    fields = (*list_display, "session")

    @admin.display(description=_("customer"))
    def customer(self, entry: AllowanceEntry) -> str:
        return str(entry.entitlement.user)


@admin.register(DownloadSession)
class DownloadSessionAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "customer", "file", "ip", "bytes_sent", "completed_at", "valid_until", "closed_at", "returned_at")
    list_filter = ("opened_at", "file__release__product")
    search_fields = ("entitlement__user__email_key", "=ip", "file__name")
    list_select_related = ("entitlement__user", "file")
    fields = (*list_display, "browser")

    @admin.display(description=_("customer"))
    def customer(self, session: DownloadSession) -> str:
        return str(session.entitlement.user)
