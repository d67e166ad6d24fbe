"""What customers may have and what they took, as staff see it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.limits import TooManyTries
from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from downloads.codes.mails import mails_of, send_codes
from downloads.forms.entitlements import EntitlementForm
from downloads.models import AllowanceEntry, DownloadSession, Entitlement
from downloads.models.allowance import Actor
from privacy.staff import ReadOnlyAdmin, StaffAdmin

LINES_BESIDE_AN_ENTITLEMENT = 50
MAILS_BESIDE_AN_ENTITLEMENT = 10


@admin.register(Entitlement)
class EntitlementAdmin(StaffAdmin):
    """Facts, but for what staff do with a reason: add downloads, take back units, move the end of the upgrades, mail the codes again."""

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
    facts = (*list_display, "seats_per_unit", "upgrades_until", "revoked_at")
    list_filter = ("product", "granted_at", "revoked_at")
    search_fields = (
        *("user__email_key__startswith", "user__name__words", "unlock_codes__code__exact"),
        "purchase_items__purchase__order_reference__exact",
    )
    search_help_text = _("The beginning of an e-mail address or of a name, a whole unlock code or order reference.")
    list_select_related = ("user", "product", "edition")
    readonly_fields = (*facts, "changes", "mails")
    fieldsets = (
        (None, {"fields": facts}),
        (_("Change"), {"fields": ("more", "take_back", "new_end", "no_end", "send_codes", "reason", "seen")}),
        (_("The mails with its unlock codes"), {"fields": ("mails",)}),
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

    @admin.display(description=_("the latest mails"))
    def mails(self, entitlement: Entitlement) -> SafeString:
        """Whether the codes have arrived, as far as the relay told."""
        mails = mails_of(entitlement)[:MAILS_BESIDE_AN_ENTITLEMENT]
        return render_to_string("admin/downloads/entitlement/mails.html", {"mails": mails})

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
        if values["send_codes"]:
            self.send_codes(request, obj, values["reason"])

    def send_codes(self, request: HttpRequest, entitlement: Entitlement, reason: str) -> None:
        try:
            send_codes(entitlement, request, by=request.user, reason=reason)  # type: ignore[arg-type]
        except TooManyTries:
            self.message_user(request, _("The codes were mailed lately, so no other mail was written."), messages.WARNING)


@admin.register(AllowanceEntry)
class AllowanceEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "customer", "entitlement", "kind", "change", "actor", "reason")
    list_filter = ("kind", "actor", "at")
    search_fields = ("entitlement__user__email_key__startswith",)
    list_select_related = ("entitlement__user", "entitlement__product")
    fields = (*list_display, "session")

    @admin.display(description=_("customer"))
    def customer(self, entry: AllowanceEntry) -> str:
        return str(entry.entitlement.user)


@admin.register(DownloadSession)
class DownloadSessionAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "customer", "file", "ip", "sent", "completed_at", "valid_until", "closed_at", "returned_at")
    list_filter = ("opened_at", "file__release__product")
    search_fields = ("entitlement__user__email_key__startswith", "ip__exact", "file__name__icontains")
    list_select_related = ("entitlement__user", "file")
    fields = (*list_display, "bytes_sent", "requests_begun", "requests_ended", "browser")

    @admin.display(description=_("customer"))
    def customer(self, session: DownloadSession) -> str:
        return str(session.entitlement.user)

    @admin.display(description=_("sent"))
    def sent(self, session: DownloadSession) -> str:
        """Not known: it is being sent, nginx's log was not imported yet, or an object store sent it."""
        return session.sent_in_words or gettext("not known (yet)")
