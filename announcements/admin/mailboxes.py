"""Addresses that announcements go to, as staff see them: what came back from there, and why nothing goes there any more."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.addresses import address_key
from accounts.models import Suppression
from announcements.models import Mailbox
from privacy.staff import ReadOnlyAdmin

MOST_SHOWN = 20


@admin.register(Mailbox)
class MailboxAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "user", "wants_releases", "wants_updates", "wants_offers", "soft_bounces")
    list_per_page = 50
    list_select_related = ("user",)
    search_fields = ("email_key__exact",)
    search_help_text = gettext_lazy("A whole e-mail address.")
    fields = ("email", "user", "wants_releases", "wants_updates", "wants_offers", "soft_bounces", "suppression", "came_back")
    readonly_fields = ("suppression", "came_back")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Mailbox], search_term: str) -> tuple[QuerySet[Mailbox], bool]:
        return super().get_search_results(request, queryset, address_key(search_term))

    @admin.display(description=gettext_lazy("why no announcement goes there"))
    def suppression(self, mailbox: Mailbox) -> SafeString | str:
        rows = Suppression.objects.filter(digest=mailbox.digest)
        said = [(moment(row.since), row.get_reason_display(), row.detail) for row in rows]
        return format_html_join("", "<p>{}: {} {}</p>", said) or _("Nothing speaks against it.")

    @admin.display(description=gettext_lazy("what came back, the latest first"))
    def came_back(self, mailbox: Mailbox) -> SafeString | str:
        rows = mailbox.bounces.select_related("announcement")[:MOST_SHOWN]
        said = [(moment(row.at), row.get_kind_display(), row.status, row.detail, row.announcement or "") for row in rows]
        return format_html_join("", "<p>{}: {} {} {} ({})</p>", said) or _("Nothing.")


def moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")
