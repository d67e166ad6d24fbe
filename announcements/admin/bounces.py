"""What came back, as staff see it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key
from announcements.models import Bounce
from privacy.staff import ReadOnlyAdmin


@admin.register(Bounce)
class BounceAdmin(ReadOnlyAdmin):
    list_display = ("at", "mailbox", "kind", "status", "announcement", "detail")
    list_filter = ("kind", "at")
    list_per_page = 50
    list_select_related = ("mailbox__user", "announcement")
    search_fields = ("mailbox__email_key__exact",)
    search_help_text = _("A whole e-mail address.")
    fields = ("at", "mailbox", "announcement", "kind", "status", "detail")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Bounce], search_term: str) -> tuple[QuerySet[Bounce], bool]:
        return super().get_search_results(request, queryset, address_key(search_term))
