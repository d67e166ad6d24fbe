"""Bringing in subscribers, and taking them out, as staff do it: a file is looked through, shown, and then imported while staff watch or go away."""

from itertools import islice
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from announcements.models import FileState, SubscriberFile
from announcements.subscribers import exporting
from announcements.subscribers.columns import READ
from announcements.subscribers.importing import LARGEST, take_in
from announcements.subscribers.reading import Table, Unreadable, rows_of
from announcements.tasks import import_subscribers
from audit.kinds import Kind
from audit.log import record
from privacy.exporting import to_confirm_first
from privacy.staff import ReadOnlyAdmin

ADD, EXPORT = "announcements.add_subscriberfile", "announcements.export_subscriberfile"
ROWS_SHOWN = 5
NUMBERS = ("rows", "looked_at", "new", "known", "suppressed", "refused")


class SubscriberFileForm(forms.ModelForm):
    """A file: it is read and kept in pieces as soon as it is valid, for only reading it tells whether it is."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV in UTF-8, with a line of names above: email, source, wording, consented_at, and if you have them language, ip and topics."
        ),
    )

    class Meta:
        model = SubscriberFile
        fields = ()

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than %(most)d MB: divide it.") % {"most": LARGEST // 1024 // 1024})
        self.instance.name = get_valid_filename(file.name)[:150]
        try:
            take_in(self.instance, file)
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from error
        return file


@admin.register(SubscriberFile)
class SubscriberFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", *NUMBERS, "uploaded_at", "uploaded_by")
    list_filter = ("state", "uploaded_at")
    list_per_page = 50
    list_select_related = ("uploaded_by",)
    change_form_template = "admin/announcements/subscriberfile/change_form.html"
    change_list_template = "admin/announcements/subscriberfile/change_list.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(ADD)

    def get_form(self, request: HttpRequest, obj: SubscriberFile | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs if obj else kwargs | {"form": SubscriberFileForm})

    def get_fields(self, request: HttpRequest, obj: SubscriberFile | None = None) -> tuple[str, ...]:
        return ("state", *NUMBERS, "refused_lines", "uploaded_by", "uploaded_at", "ended_at") if obj else ("file",)

    def get_readonly_fields(self, request: HttpRequest, obj: SubscriberFile | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description=gettext_lazy("first refused lines"))
    def refused_lines(self, row: SubscriberFile) -> SafeString | str:
        return format_html_join("", "<p>{}: {}</p>", row.refusals) or "-"

    def save_model(self, request: HttpRequest, obj: SubscriberFile, form: Any, change: bool) -> None:
        obj.uploaded_by = cast(Any, request.user)
        obj.save(update_fields=["uploaded_by"])
        import_subscribers.wake()

    def response_post_save_add(self, request: HttpRequest, obj: SubscriberFile) -> HttpResponseRedirect:
        """To its page, where staff see what would happen."""
        return redirect("admin:announcements_subscriberfile_change", obj.pk)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, (extra_context or {}) | {"may_export": request.user.has_perm(EXPORT)})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        row = context["original"]
        if row:
            is_open = row.is_under_way or row.state == FileState.CHECKED
            may = is_open and request.user.has_perm(ADD)
            context |= {"is_under_way": row.is_under_way, "may_discard": may, "may_import": may and not row.is_under_way and row.new}
            columns = [name for name in READ if name in row.columns]
            context |= {"columns": columns, "first_rows": first_rows(row, columns) if may else []}
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        views = {"progress": self.progress, "import": self.import_view, "discard": self.discard_view}
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"announcements_subscriberfile_{name}")
            for name, view in views.items()
        ]
        export = path("export/", self.admin_site.admin_view(self.export), name="announcements_subscriberfile_export")
        return [export, *own, *super().get_urls()]

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the bar on its page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row: SubscriberFile = self.get_object(request, str(pk))
        return JsonResponse({"made": row.looked_at, "size": row.rows, "making": row.is_under_way})

    def import_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Staff have seen what would happen, and want it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.wanted(request, pk)
        with transaction.atomic():
            begun = row.begin()
            if begun:
                record(Kind.SUBSCRIBERS_IMPORTED, actor=request.user, request=request, file=row.pk, added=row.new)
        import_subscribers.wake()
        self.say(request, begun, _("They are being imported; you can leave this page."))
        return redirect("admin:announcements_subscriberfile_change", pk)

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        discarded = self.wanted(request, pk).discard()
        self.say(request, discarded, _("The lines of the file are destroyed. What was imported before stays."))
        return redirect("admin:announcements_subscriberfile_change", pk)

    def wanted(self, request: HttpRequest, pk: int) -> SubscriberFile:
        if not request.user.has_perm(ADD):
            raise PermissionDenied
        row: SubscriberFile = self.get_object(request, str(pk))
        return row

    def say(self, request: HttpRequest, done: bool, text: str) -> None:
        if done:
            self.message_user(request, text, messages.SUCCESS)
        else:
            self.message_user(request, _("There is nothing to do here (any more): see its state below."), messages.ERROR)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Everybody who joined, a row at a time; that it was taken is in the audit log first."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        if elsewhere := to_confirm_first(request, self.address_of("changelist")):
            return elsewhere
        exporting.begin(request)
        headers = {"Content-Disposition": 'attachment; filename="subscribers.csv"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(exporting.lines(), content_type="text/csv; charset=utf-8", headers=headers)


def first_rows(row: SubscriberFile, columns: list[str]) -> list[list[str]]:
    """The first rows as they would be read; none once they are imported."""
    piece = row.pieces.filter(number=0).first()
    if piece is None:
        return []
    read = rows_of(piece.text, piece.first_line, Table(row.delimiter, row.columns))
    return [[cells.get(name, "") for name in columns] for _line, cells in islice(read, ROWS_SHOWN)]
