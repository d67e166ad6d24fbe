"""Who joined the announcement group, with the proof of it (promise G3)."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key
from announcements.models import Subscription
from privacy.staff import ReadOnlyAdmin


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("email", "state", "basis", "source", "language", "asked_at", "confirmed_at", "left_at")
    list_filter = ("state", "basis", "asked_at")
    list_per_page = 50
    search_fields = ("email_key__exact",)
    search_help_text = _("A whole e-mail address.")
    fields = (
        *("email", "state", "basis", "source", "wording", "policy_version", "language"),
        *("ip", "confirmed_ip", "asked_at", "confirmed_at", "left_at"),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscription], search_term: str
    ) -> tuple[QuerySet[Subscription], bool]:
        typed = address_key(search_term)
        return (queryset.filter(email_key=typed) if typed else queryset), False
