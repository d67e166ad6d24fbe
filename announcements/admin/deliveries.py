"""Who received what, and what became of it: facts, which support sees of customers whose record is open (promise C15)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key
from announcements.admin.settled import SettledFilter
from announcements.models import Delivery
from privacy.staff import ReadOnlyAdmin

OF_ANNOUNCEMENT = "announcement__id__exact"


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """A million rows an announcement: counted up to a limit, and searched by a whole address, through an index."""

    list_display = ("mailbox", "announcement", "state", "basis", "answer", "settled_at")
    list_filter = ("state", "basis", ("settled_at", SettledFilter))
    list_per_page = 50
    list_select_related = ("mailbox__user", "announcement")
    search_fields = ("mailbox__email_key__exact",)
    search_help_text = _("A whole e-mail address.")
    fields = ("announcement", "mailbox", "basis", "state", "attempts", "next_try_at", "answer", "settled_at")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str) -> tuple[QuerySet[Delivery], bool]:
        typed = address_key(search_term)
        return (queryset.filter(mailbox__email_key=typed) if typed else queryset), False

    def lookups_of_filters(self, request: Any) -> set[str]:
        """The pages of an announcement lead here, to its deliveries alone."""
        return {*super().lookups_of_filters(request), OF_ANNOUNCEMENT}
