"""The catalogue, and what customers may have, as staff see them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.limits import TooManyTries
from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from downloads.code_admin import UnlockCodeAdmin
from downloads.code_mails import mails_of, send_codes
from downloads.forms import EntitlementForm, ReleaseFileForm, ReleaseForm
from downloads.models import AllowanceEntry, DownloadSession, Edition, Entitlement, Product, PublicKey, Release, ReleaseFile
from downloads.models.allowance import Actor
from downloads.signing import BadKey
from downloads.tasks import sign_updates
from privacy.staff import ReadOnlyAdmin, StaffAdmin, StaffInline

LINES_BESIDE_AN_ENTITLEMENT = 50
MAILS_BESIDE_AN_ENTITLEMENT = 10
__all__ = ["UnlockCodeAdmin"]


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    list_display = ("name", "code", "unlock_prefix", "downloads_per_unit", "seats_per_unit", "position", "is_public")
    list_filter = ("is_public",)
    search_fields = ("name", "code")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Edition)
class EditionAdmin(StaffAdmin):
    list_display = ("name", "product", "code", "position")
    list_filter = ("product",)
    search_fields = ("name", "code", "product__name")
    list_select_related = ("product",)
    autocomplete_fields = ("product",)

    def get_readonly_fields(self, request: HttpRequest, obj: Edition | None = None) -> tuple[str, ...]:
        """An edition that customers bought stays one of its product."""
        return ("product",) if obj else ()


class ReleaseFileInline(StaffInline):
    """The files of a release; uploading one has a page of its own, with a progress bar."""

    model = ReleaseFile
    fields = readonly_fields = ("name", "platform", "size", "sha256", "uploaded_at")
    show_change_link = True
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Release)
class ReleaseAdmin(StaffAdmin):
    form = ReleaseForm
    list_display = ("product", "version", "published_at")
    list_filter = ("product", "published_at")
    search_fields = ("product__name", "version")
    list_select_related = ("product",)
    inlines = (ReleaseFileInline,)


@admin.register(ReleaseFile)
class ReleaseFileAdmin(StaffAdmin):
    form = ReleaseFileForm
    ordering = ("-uploaded_at", "-pk")
    list_display = ("name", "release", "platform", "size", "sha256", "signed", "uploaded_at")
    list_filter = ("platform", "release__product", "signed_by")
    search_fields = ("name", "sha256", "release__version")
    list_select_related = ("release__product", "signed_by")
    autocomplete_fields = ("release",)
    change_form_template = "admin/downloads/releasefile/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: ReleaseFile | None = None) -> tuple[str, ...]:
        """A file that customers may have begun to download never changes: upload another one instead."""
        return ("file", "size", "sha256", "signed", "uploaded_at") if obj else ()

    @admin.display(description=_("signature"))
    def signed(self, file: ReleaseFile) -> str:
        """Looked at each time it is shown, for a row can be changed past this site."""
        if not file.signed_by:
            return gettext("not signed")
        words = gettext("good, by %(key)s") if file.is_signed_well() else gettext("DOES NOT FIT, by %(key)s")
        return words % {"key": file.signed_by_id}

    def save_model(self, request: HttpRequest, obj: ReleaseFile, form: forms.ModelForm, change: bool) -> None:
        """Sign what is new, or has a new name. Without a good key the upload is kept all the same, for it may have taken an hour."""
        try:
            if not change:
                obj.sign()
            elif "name" in form.changed_data:
                obj.sign_renamed(form.initial["name"])
        except BadKey as error:
            text = _("The file is kept, and is not signed. %(why)s Once that is mended, the command sign_files signs it.")
            self.message_user(request, text % {"why": error}, messages.WARNING)
        if change:  # what this form changed, and nothing that a command has written or deleted meanwhile
            changed = {*form.changed_data, "signature", "signed_by"} if "name" in form.changed_data else form.changed_data
            obj.save_only(changed)
        else:
            super().save_model(request, obj, form, change)
            sign_updates.wake()
            record(Kind.RELEASE_FILE_UPLOADED, actor=request.user, request=request, file=obj.name, sha256=obj.sha256)

    def add_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Where the storage does not take the file (a full disk, an object store that is away), nothing is kept, and staff read why."""
        try:
            return super().add_view(request, *args, **options)
        except OSError as error:
            text = _("The file could not be stored, and nothing was published: %(why)s. Please upload it again later.")
            self.message_user(request, text % {"why": error.strerror or error}, messages.ERROR)
            return self.led_on(request, redirect(request.path))

    def response_add(self, request: HttpRequest, obj: ReleaseFile, post_url_continue: str | None = None) -> HttpResponse:
        return self.led_on(request, super().response_add(request, obj, post_url_continue))

    def led_on(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """The script of the progress bar asks for the address to go to; without the script it is a redirect as everywhere."""
        if request.headers.get("X-Requested-With") == "XMLHttpRequest" and "Location" in response:
            return JsonResponse({"location": response["Location"]})
        return response

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ReleaseFile]) -> None:
        for file in queryset:
            file.delete()


@admin.register(PublicKey)
class PublicKeyAdmin(StaffAdmin):
    """The keys that the site publishes. One that no file is signed by any more may be taken away: after it was stolen, for instance."""

    list_display = ("id", "purpose", "first_used_at")
    fields = ("id", "purpose", "pem", "first_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Entitlement)
class EntitlementAdmin(StaffAdmin):
    """Facts, but for three things to do, each with a reason: adding downloads, taking back units, and mailing the unlock codes again."""

    form = EntitlementForm
    tells_itself = True
    list_display = ("user", "product", "units", "units_revoked", "downloads_allowed", "downloads_used", "remaining", "granted_at")
    list_filter = ("product", "granted_at", "revoked_at")
    search_fields = ("user__email_key", "user__name", "=unlock_codes__code", "=purchase_item__purchase__order_reference")
    list_select_related = ("user", "product")
    readonly_fields = (*list_display, "seats_per_unit", "revoked_at", "changes", "mails")
    fieldsets = (
        (None, {"fields": (*list_display, "seats_per_unit", "revoked_at")}),
        (_("Change"), {"fields": ("more", "take_back", "send_codes", "reason", "seen")}),
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
    search_fields = ("entitlement__user__email_key",)
    list_select_related = ("entitlement__user", "entitlement__product")
    fields = (*list_display, "session")

    @admin.display(description=_("customer"))
    def customer(self, entry: AllowanceEntry) -> str:
        return str(entry.entitlement.user)


@admin.register(DownloadSession)
class DownloadSessionAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "customer", "file", "ip", "sent", "completed_at", "valid_until", "closed_at", "returned_at")
    list_filter = ("opened_at", "file__release__product")
    search_fields = ("entitlement__user__email_key", "=ip", "file__name")
    list_select_related = ("entitlement__user", "file")
    fields = (*list_display, "bytes_sent", "requests_begun", "requests_ended", "browser")

    @admin.display(description=_("customer"))
    def customer(self, session: DownloadSession) -> str:
        return str(session.entitlement.user)

    @admin.display(description=_("sent"))
    def sent(self, session: DownloadSession) -> str:
        """Not known: it is being sent, nginx's log was not imported yet, or an object store sent it."""
        return session.sent_in_words or gettext("not known (yet)")
