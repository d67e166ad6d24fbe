"""Answers that are given often, with placeholders."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from privacy.staff import StaffAdmin
from support.desk import canned
from support.forms.desk import CannedAnswerForm
from support.models import CannedAnswer


@admin.register(CannedAnswer)
class CannedAnswerAdmin(StaffAdmin):
    form = CannedAnswerForm
    list_display = ("title",)
    list_per_page = 50
    search_fields = ("title", "text")
    fields = ("title", "text", "placeholders", "preview")
    readonly_fields = ("placeholders", "preview")

    @admin.display(description=_("what is filled in"))
    def placeholders(self, answer: CannedAnswer | None = None) -> SafeString:
        rows = (("{" + name + "}", meaning) for name, meaning in canned.MEANING.items())
        return format_html('<ul class="placeholders">{}</ul>', format_html_join("\n", "<li><code>{}</code> {}</li>", rows))

    @admin.display(description=_("as it was saved, for an example"))
    def preview(self, answer: CannedAnswer | None = None) -> SafeString:
        if answer is None or not answer.pk:
            return format_html("{}", _("Save it first, and see here what becomes of it."))
        return format_html('<div class="canned-preview">{}</div>', canned.filled(answer.text, canned.example()))
