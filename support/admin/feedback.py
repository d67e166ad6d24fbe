"""Feedback as staff see it: read, sorted by tags, exported; its words are the customers' own, and nobody changes them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.kinds import Kind
from audit.log import record
from privacy.staff import StaffAdmin
from support.feedback.export import lines_of
from support.models import Feedback, FeedbackTag

EXCERPT = 120


class TagActionForm(ActionForm):
    """Which tag the actions on the list add or take away."""

    tag = forms.ModelChoiceField(FeedbackTag.objects, label=pgettext_lazy("of an idea", "Tag"), required=False)


@admin.register(FeedbackTag)
class FeedbackTagAdmin(StaffAdmin):
    list_display = ("name",)
    list_per_page = 50
    search_fields = ("name",)


@admin.register(Feedback)
class FeedbackAdmin(StaffAdmin):
    list_display = ("excerpt", "product", "tag_names", "user", "written_at")
    list_filter = (("tags", admin.RelatedOnlyFieldListFilter), "product", "written_at", "may_we_answer")
    list_per_page = 50
    list_select_related = ("product", "user")
    search_fields = ("text__words", "user__email_key__exact")
    search_help_text = _("Words of the text, or the customer's e-mail address in full.")
    readonly_fields = ("written_at", "user", "product", "text", "may_we_answer")
    fields = (*readonly_fields, "tags")
    autocomplete_fields = ("tags",)
    action_form = TagActionForm
    has_csv = False  # has an export of its own, without names
    actions = ("add_tag", "remove_tag", "export")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("support.export_feedback")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feedback]:
        return super().get_queryset(request).prefetch_related("tags")

    @admin.display(description=_("text"))
    def excerpt(self, feedback: Feedback) -> str:
        return Truncator(" ".join(feedback.text.split())).chars(EXCERPT)

    @admin.display(description=_("tags"))
    def tag_names(self, feedback: Feedback) -> str:
        return ", ".join(tag.name for tag in feedback.tags.all())

    @admin.action(description=_("Add the tag"), permissions=["change"])
    def add_tag(self, request: HttpRequest, chosen: QuerySet[Feedback]) -> None:
        if tag := self.tag_of(request):
            without = list(chosen.exclude(tags=tag))
            tag.feedback.add(*without)
            self.note_tags(request, without)
            self.message_user(request, _("The tag was added."), messages.SUCCESS)

    @admin.action(description=_("Take the tag away"), permissions=["change"])
    def remove_tag(self, request: HttpRequest, chosen: QuerySet[Feedback]) -> None:
        if tag := self.tag_of(request):
            tagged = list(chosen.filter(tags=tag))
            tag.feedback.remove(*tagged)
            self.note_tags(request, tagged)
            self.message_user(request, _("The tag was taken away."), messages.SUCCESS)

    def note_tags(self, request: HttpRequest, changed: list[Feedback]) -> None:
        """An action leaves the trace that the page of one row leaves."""
        for feedback in changed:
            self.log_change(request, feedback, [{"changed": {"fields": [str(_("tags")).capitalize()]}}])

    def tag_of(self, request: HttpRequest) -> FeedbackTag | None:
        """The tag that was chosen beside the action; without one a message says so."""
        form = TagActionForm(request.POST)
        form.is_valid()  # the admin has looked at the action itself
        tag: FeedbackTag | None = form.cleaned_data.get("tag")
        if tag is None:
            self.message_user(request, _("Choose a tag beside the action. New ones are made under “Tags”."), messages.WARNING)
        return tag

    @admin.action(description=_("Export as CSV, without names"), permissions=["export"])
    def export(self, request: HttpRequest, chosen: QuerySet[Feedback]) -> HttpResponseBase:
        """The file comes a row at a time; that it was taken is in the audit log first."""
        record(Kind.FEEDBACK_EXPORTED, actor=request.user, request=request, count=chosen.count())
        name = f"feedback-{timezone.localdate():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(lines_of(chosen), content_type="text/csv; charset=utf-8", headers=headers)
