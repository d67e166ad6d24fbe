"""Outgoing mail as staff see it: its state, and never its text, which carries unlock codes and links."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mailroom.models import OutgoingMail
from privacy.staff import StaffAdmin


@admin.register(OutgoingMail)
class OutgoingMailAdmin(StaffAdmin):
    list_display = ("subject", "to", "state", "attempts", "answer", "written_at", "sent_at")
    list_filter = ("state", "written_at")
    search_fields = ("user__email_key__exact", "to__exact", "cause__startswith", "message_id__exact")
    search_help_text = _("A whole e-mail address or Message-ID, or the beginning of what the mail is about, such as purchase:stripe:.")
    fields = ("cause", "user", "to", "subject", "message_id", "state", "attempts", "next_try_at", "answer", "written_at", "sent_at")
    readonly_fields = fields
    list_select_related = ("user",)
    actions = ("send_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        return False

    @admin.action(description=_("Send again those that failed"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        queued = [mail for mail in queryset if mail.send_again()]
        for mail in queued:
            self.log_change(request, mail, [{"changed": {"fields": ["State"]}}])
        left = len(queryset) - len(queued)
        text = ngettext("%(count)d mail is queued again.", "%(count)d mails are queued again.", len(queued)) % {"count": len(queued)}
        self.message_user(request, text, messages.SUCCESS if queued else messages.WARNING)
        if left:
            text = _("%(count)d had not failed, or their text is destroyed already: nothing was done for them.") % {"count": left}
            self.message_user(request, text, messages.WARNING)
