"""The files of releases as staff see them: uploading one, and what never changes of it afterwards."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.kinds import Kind
from audit.log import record
from downloads.forms.files import ReleaseFileForm
from downloads.models import ReleaseFile
from downloads.signing import BadKey
from downloads.tasks import sign_updates
from privacy.staff import StaffAdmin


def signature_in_words(file: ReleaseFile) -> str:
    """Looked at each time it is shown, for a row can be changed past this site."""
    if not file.signed_by:
        return gettext("not signed")
    words = gettext("good, by %(key)s") if file.is_signed_well() else gettext("DOES NOT FIT, by %(key)s")
    return words % {"key": file.signed_by_id}


@admin.register(ReleaseFile)
class ReleaseFileAdmin(StaffAdmin):
    form = ReleaseFileForm
    ordering = ("-uploaded_at", "-pk")
    list_display = ("name", "release", "platform", "architecture", "edition", "size", "sha256", "signed", "uploaded_at")
    list_filter = ("platform", "architecture", "release__product", "signed_by")
    search_fields = ("name", "sha256", "release__version")
    list_select_related = ("release__product", "edition", "signed_by")
    autocomplete_fields = ("release",)
    change_form_template = "admin/downloads/releasefile/change_form.html"

    def get_fields(self, request: HttpRequest, obj: ReleaseFile | None = None) -> tuple[str, ...]:
        typed = ReleaseFileForm.Meta.fields
        return (*typed, "size", "sha256", "signed", "uploaded_at") if obj else typed

    def get_readonly_fields(self, request: HttpRequest, obj: ReleaseFile | None = None) -> tuple[str, ...]:
        """A file that customers may have begun to download never changes: upload another one instead."""
        return ("release", "file", "size", "sha256", "signed", "uploaded_at") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: ReleaseFile | None = None) -> bool:
        """What customers see stays: its release is withdrawn first, with a reason for them."""
        is_out = obj is not None and obj.release.is_out(timezone.now())
        return super().has_delete_permission(request, obj) and not is_out

    @admin.display(description=_("signature"))
    def signed(self, file: ReleaseFile) -> str:
        return signature_in_words(file)

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

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        file: ReleaseFile | None = context["original"]
        context["is_out"] = file is not None and file.release.is_out(timezone.now())
        return super().render_change_form(request, context, *args, **options)

    def response_post_save_add(self, request: HttpRequest, obj: ReleaseFile) -> HttpResponseRedirect:
        """Back to the release that it was uploaded to."""
        return redirect("admin:downloads_release_change", obj.release_id)

    def add_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Where the storage does not take the file (a full disk, an object store that is away), nothing is kept, and staff read why."""
        try:
            return super().add_view(request, *args, **options)
        except OSError as error:
            text = _("The file could not be stored, and nothing was published: %(why)s. Please upload it again later.")
            self.message_user(request, text % {"why": error.strerror or error}, messages.ERROR)
            return self.led_on(request, redirect(request.get_full_path()))

    def overtaken(self, request: HttpRequest) -> HttpResponse:
        """Of two forms at once with one name the database takes one, and nothing is kept of the other."""
        text = _("Nothing was saved: another file got this name at the same moment, perhaps by this very form. See the list of files.")
        self.message_user(request, text, messages.ERROR)
        return self.led_on(request, redirect("admin:downloads_releasefile_changelist"))

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
