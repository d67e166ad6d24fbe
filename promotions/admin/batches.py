"""Batches of codes as staff see them: ordered, watched while they are made, exported, stopped."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Count, Q, QuerySet
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
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.deciding import DecidingAdmin, NoReason
from promotions import export
from promotions.admin.leading import live_link
from promotions.forms.batches import BatchForm
from promotions.models import BatchState, CodeBatch, Redemption, RedemptionState

EXPORT = "promotions.export_codebatch"
FACTS = ("promotion", "tag", "is_shared", "size", "made", "state", "stop_reason", "registrations", "made_at")
ENDS = ("keeps_digests_alone", "exported_at", "clear_until", "destroyed_at")


@admin.register(CodeBatch)
class CodeBatchAdmin(DecidingAdmin):
    list_display = ("__str__", "promotion", "tag", "is_shared", "size", "made", "state", "made_at", "exported_at", "live")
    list_filter = ("state", "is_shared", "made_at")
    list_per_page = 50
    csv_leaves_out = ("live",)  # a link
    list_select_related = ("promotion",)
    search_fields = ("label", "tag", "promotion__title", "promotion__slug")
    search_help_text = gettext_lazy("Label, tag or promotion. One code is found in the list of promotional codes.")
    autocomplete_fields = ("promotion",)
    change_form_template = "admin/promotions/codebatch/change_form.html"
    deciding_template = "admin/promotions/codebatch/decide.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("promotion")

    def get_form(self, request: HttpRequest, obj: CodeBatch | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs if obj else kwargs | {"form": BatchForm})

    def get_fields(self, request: HttpRequest, obj: CodeBatch | None = None) -> tuple[str, ...]:
        return ("label", *FACTS, *ENDS) if obj else BatchForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: CodeBatch | None = None) -> tuple[str, ...]:
        """Only the label for reports changes once codes are given out."""
        return (*FACTS, *ENDS) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It is stopped; it goes with its promotion, if nobody registered for that."""
        return False

    @admin.display(description=gettext_lazy("registrations"))
    def registrations(self, batch: CodeBatch) -> str:
        rows = Redemption.objects.filter(code__batch=batch)
        counts = rows.aggregate(
            confirmed=Count("pk", filter=Q(state=RedemptionState.CONFIRMED)), held=Count("pk", filter=Q(state=RedemptionState.HELD))
        )
        return _("%(confirmed)d confirmed, %(held)d wait for their mailbox") % counts

    @admin.display(description=gettext_lazy("live page"))
    def live(self, batch: CodeBatch) -> str:
        return live_link("codebatch", batch)

    def save_model(self, request: HttpRequest, obj: CodeBatch, form: Any, change: bool) -> None:
        """An order; or the label of one, and never the count of what is made meanwhile."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            form.order(request)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Of two orders at once with one tag or word the database takes one."""
        try:
            return super().changeform_view(request, *args, **options)
        except IntegrityError:
            self.message_user(request, _("Nothing was ordered: somebody used this tag or word at the same moment."), messages.ERROR)
            return redirect(request.get_full_path())

    def response_post_save_add(self, request: HttpRequest, obj: CodeBatch) -> HttpResponseRedirect:
        """To the page of the batch, where its codes can be watched and exported."""
        return redirect("admin:promotions_codebatch_change", obj.pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> HttpResponse:
        if batch := context["original"]:
            now, readable = timezone.now(), batch.clear_until and not batch.destroyed_at
            may_export = request.user.has_perm(EXPORT)
            context |= {
                "is_making": batch.state == BatchState.MAKING,
                "may_export": may_export and batch.may_be_exported(now),
                "may_confirm": may_export and readable and batch.clear_until > now,
                "may_stop": self.has_change_permission(request, batch) and batch.state != BatchState.STOPPED,
            }
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        views = {"progress": self.progress, "export": self.export, "received": self.received_view}
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"promotions_codebatch_{name}") for name, view in views.items()
        ]
        return own + super().get_urls()

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the bar on its page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch: CodeBatch = self.get_object(request, str(pk))
        return JsonResponse({"made": batch.made, "size": batch.size, "making": batch.state == BatchState.MAKING})

    def export(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The file, a row at a time; that it was taken is in the audit log first."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        batch: CodeBatch = self.get_object(request, str(pk))
        if not export.begin(batch, request):
            self.message_user(request, _("These codes cannot be read (any more)."), messages.ERROR)
            return redirect("admin:promotions_codebatch_change", pk)
        headers = {
            "Content-Disposition": f'attachment; filename="codes-{batch.promotion.slug}-{batch.tag}.csv"',
            "Cache-Control": "no-store",
        }
        return StreamingHttpResponse(export.lines_of(batch), content_type="text/csv; charset=utf-8", headers=headers)

    def received_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Staff have the file: the codes are destroyed now, and not in two hours."""
        batch: CodeBatch = self.get_object(request, str(pk))
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        return self.decide(
            request,
            batch,
            title=_("Destroy the codes that are exported"),
            form=NoReason(request.POST if request.method == "POST" else None),
            effect=lambda _values: export.confirm_received(batch, request),
            done=_("The codes are being destroyed: nobody can read them here any more. They open registrations as before."),
            possible=bool(batch.clear_until and not batch.destroyed_at),
        )
